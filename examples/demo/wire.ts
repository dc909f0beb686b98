/** The wire between devices and server: somebody listens, and sometimes it breaks in the middle of a send. */
import type { Address, Envelope, Server, ServerAccess } from 'polyratchet';

/** What happens to a send on a broken wire: it is lost on the way there, or the answer is lost on the way back. */
export type Break = 'on-the-way-there' | 'on-the-way-back';

/** A wire that somebody listens to. */
export interface Wire extends ServerAccess {
  /** Every envelope that has come through. */
  readonly seen: () => readonly Envelope[];
  /** Breaks with the next send of a device; resolves in that moment, with what gives the device up. */
  readonly breakNextSend: (device: Address, where: Break) => Promise<() => void>;
}

interface Broken {
  readonly where: Break;
  readonly reached: (giveUp: () => void) => void;
}

/** A wire to a server. */
export function createWire(server: ServerAccess): Wire {
  const seen: Envelope[] = [];
  const breaks = new Map<Address, Broken>();

  const tapped = (device: Address, connection: Server): Server => ({
    ...connection,
    send: async (envelopes, options) => {
      const broken = breaks.get(device);
      breaks.delete(device);
      if (broken?.where === 'on-the-way-there') await silence(broken);
      seen.push(...envelopes);
      const answer = await connection.send(envelopes, options);
      if (broken !== undefined) await silence(broken);
      return answer;
    },
  });

  return {
    connect: (device) => tapped(device, server.connect(device)),
    connectUnlinked: () => server.connectUnlinked(),
    seen: () => seen,
    breakNextSend: (device, where) =>
      new Promise((reached) => {
        breaks.set(device, { where, reached });
      }),
  };
}

/** Nothing comes any more, until somebody gives up. */
function silence({ reached }: Broken): Promise<never> {
  return new Promise((_, reject) => {
    reached(() => {
      reject(new Error('the process was killed'));
    });
  });
}
