/**
 * What follows from the removal of a device: for the primary, the companions that stay, the contacts, and itself.
 *
 * @module
 */
import { accountOf, type Address } from '../core/address.js';
import { inputList, inputObject } from '../core/check.js';

/** One thing to do. */
export type RemovalEffect =
  | {
      /** Publish the list that the primary has signed without the device. */
      readonly kind: 'publish-list';
    }
  | {
      /** Erase the session with the device, and encrypt nothing to it any more. */
      readonly kind: 'drop-session';
      /** The device's address. */
      readonly device: Address;
    }
  | {
      /** Erase the sender keys that came from the device, in every group. */
      readonly kind: 'drop-sender-keys';
      /** The device's address. */
      readonly device: Address;
    }
  | {
      /** Make a new own sender key in every group whose key the device was given, before the next message there. */
      readonly kind: 'reset-own-sender-keys';
      /** The device's address. */
      readonly device: Address;
    }
  | {
      /** Make a new app-state key and seal every collection under it: the device knows the old one. */
      readonly kind: 'rotate-app-state-key';
    }
  | {
      /** The security code with this account has changed; whether the person is told is for `securityNotice` to say. */
      readonly kind: 'security-code-changed';
      /** The account's address. */
      readonly account: Address;
    }
  | {
      /** This device was logged out: erase everything that it holds of the account. */
      readonly kind: 'erase-store';
    };

/** Whose devices went, and who asks. */
export interface RemovalEffectsOptions {
  /** Addresses of the devices that went, all of one account; as in `removed` of a merge or of the own list. */
  readonly removed: readonly Address[];
  /** What this device is to them: their primary, a companion that stays, a contact's device, or one that went. */
  readonly as: 'primary' | 'companion' | 'contact' | 'removed';
}

/**
 * What this device does after devices of an account were removed, in this order.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { removalEffects } from 'polyratchet/devices';
 *
 * removalEffects({ removed: ['bob:2@example.org'], as: 'contact' }).map(({ kind }) => kind);
 * // ['drop-session', 'drop-sender-keys', 'reset-own-sender-keys', 'security-code-changed']
 * ```
 */
export function removalEffects(options: RemovalEffectsOptions): readonly RemovalEffect[] {
  const { removed, as } = inputObject('options', options);
  const accounts = new Set(inputList('removed', removed).map((device) => accountOf(device)));
  if (removed.length === 0) return [];
  if (as === 'removed') return [{ kind: 'erase-store' }];
  return [
    ...(as === 'primary' ? [{ kind: 'publish-list' as const }] : []),
    ...removed.flatMap((device) => [
      { kind: 'drop-session' as const, device },
      { kind: 'drop-sender-keys' as const, device },
      { kind: 'reset-own-sender-keys' as const, device },
    ]),
    ...(as === 'contact' ? [] : [{ kind: 'rotate-app-state-key' as const }]),
    ...[...accounts].map((account) => ({ kind: 'security-code-changed' as const, account })),
  ];
}
