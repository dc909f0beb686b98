/** How a phone links a companion: by QR code, or by a code of eight characters. */
import type { ClientType } from 'polyratchet/devices';
import { scan, show } from './camera.js';
import type { Device } from './device.js';
import { timed } from './events.js';
import type { Stage } from './stage.js';

/** Who is linked to whom. */
export interface Linking {
  readonly phone: Device;
  readonly companion: Device;
  readonly clientType: ClientType;
  readonly platform: string;
}

/** The companion shows a QR code; the phone scans it. */
export async function linkByQr({ tell, join }: Stage, linking: Linking): Promise<void> {
  const { phone, companion, clientType, platform } = linking;
  const { name } = companion;
  const { qr, linked } = await companion.client.offerLink({ clientType, name, platform });
  const picture = show(new TextEncoder().encode(qr));
  tell({ kind: 'qr', by: name, characters: qr.length, drawing: picture.drawing });
  const scanned = new TextDecoder().decode(scan(picture));
  tell({ kind: 'step', by: phone.address, what: 'reads it out of the pixels, and asks for a finger' });
  const userConfirmed = { method: 'biometric', at: Date.now() } as const;
  const { ms } = await timed(async () => {
    await Promise.all([phone.client.approveLink({ qr: scanned, userConfirmed }), companion.join(linked)]);
  });
  tell({ kind: 'step', by: companion.address, what: `is linked: ${companion.address}`, ms });
  join(companion);
}

/** The companion shows eight characters; the person types them into the phone. */
export async function linkByCode({ tell, join }: Stage, linking: Linking): Promise<void> {
  const { phone, companion, clientType, platform } = linking;
  const { name } = companion;
  const account = phone.address;
  const { code, linked } = await companion.client.offerLinkByCode({ account, clientType, name, platform });
  tell({ kind: 'code', by: name, code });
  const typed = code.toLowerCase();
  tell({ kind: 'step', by: phone.address, what: `is told “${typed}”, and asks for a PIN` });
  const userConfirmed = { method: 'pin', at: Date.now() } as const;
  const { ms } = await timed(async () => {
    await Promise.all([
      phone.client.approveLinkByCode({ code: typed, userConfirmed }),
      companion.join(linked),
    ]);
  });
  tell({ kind: 'step', by: companion.address, what: `is linked: ${companion.address}`, ms });
  join(companion);
}
