/**
 * The connection of a device that has no address yet.
 *
 * @module
 */
import type { LinkingServer } from '../client/index.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import type { World } from './connection.js';
import { copyOfInput } from './input.js';

/** A connection that nobody answers for: all it can do is take part in a link. */
export function connectUnlinked({ accounts, exchanges }: World): LinkingServer {
  let isClosed = false;
  const act = async <Value>(action: () => Value): Promise<Value> => {
    await Promise.resolve();
    if (isClosed) throw new PolyratchetError('closed', { what: 'connection' });
    return action();
  };

  return {
    offerLink: async (offer) => {
      const begun = exchanges.begin(offer);
      return act(begun);
    },
    fetchLink: (ref) => act(() => exchanges.read(ref)),
    finishLink: async (finish) => {
      const { ref, bundle, companionIdentity } = inputObject('finish', finish);
      const value = {
        ref,
        bundle: copyOfInput('bundle', bundle),
        companionIdentity: copyOfInput('companionIdentity', companionIdentity),
      };
      await act(() => exchanges.leave({ ref, step: 'finish', value: () => value }));
    },
    completeLink: async (reply) => {
      const { ref, signedIdentity } = inputObject('reply', reply);
      const copy = copyOfInput('signedIdentity', signedIdentity);
      await act(() => {
        const { approval } = exchanges.leave({ ref, step: 'signedIdentity', value: () => copy });
        if (approval !== undefined) accounts.link(approval.address, copy);
      });
    },
    close: () => {
      isClosed = true;
    },
  };
}
