/** Our primary, with the person at hand. */
import { systemRandom, type Random } from 'polyratchet';
import {
  approveLink,
  confirmCompanion,
  createOwnDevices,
  type ApprovedLink,
  type LinkRequest,
  type OwnDevices,
} from 'polyratchet/devices';
import { generateIdentity, type Identity } from 'polyratchet/identity';

export interface OurPrimaryOptions {
  readonly random?: Random;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

/** A phone whose clock stands still. */
export class OurPrimary {
  readonly identity: Identity;
  devices: OwnDevices;
  readonly #random: Random;
  readonly #now: number;

  constructor({ random = systemRandom, now = Date.now() }: OurPrimaryOptions = {}) {
    this.#random = random;
    this.#now = now;
    this.identity = generateIdentity(random);
    const { devices } = createOwnDevices({ account: '1555@s.whatsapp.net', ...this.#signer() });
    this.devices = devices;
  }

  approve(request: LinkRequest): ApprovedLink {
    const approved = approveLink({
      devices: this.devices,
      request,
      userConfirmed: { method: 'pin', at: this.#now },
      ...this.#signer(),
    });
    this.devices = approved.devices;
    return approved;
  }

  confirm(keyIndex: number, signedIdentity: Uint8Array): void {
    this.devices = confirmCompanion({ devices: this.devices, keyIndex, device: keyIndex, signedIdentity });
  }

  #signer() {
    const [random, now] = [this.#random, this.#now];
    return { identity: this.identity, random, now, serverTime: now };
  }
}
