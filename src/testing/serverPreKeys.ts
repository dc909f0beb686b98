/**
 * A server hands out what devices have published, and each one-time prekey once.
 *
 * @module
 */
import { expectSame } from './conformance.js';
import { arrive, arriveBoth, bundleOf, filled, keysOf, type ServerTrial } from './serverSteps.js';

/** Trials of prekeys and bundles. */
export const preKeyTrials: readonly ServerTrial[] = [
  {
    name: 'hands out the bundle of a device as it was published, and none of a device without keys',
    run: async ({ access, alice, bob }) => {
      const server = await arrive(access, alice, 1);
      await arrive(access, bob, 11, [5]);
      const bundles = await server.fetchBundles([bob, 'nobody@example.org']);
      expectSame('whose bundles came', [...bundles.keys()], [bob]);
      const bundle = bundles.get(bob);
      expectSame('the registration id', bundle?.registrationId, 1_011);
      expectSame('the identity key', bundle?.identityKey, filled(32, 11));
      expectSame('the id of the signed prekey', bundle?.signedPreKey.id, 11);
      expectSame('the signed prekey', bundle?.signedPreKey.publicKey, filled(32, 12));
      expectSame('its signature', bundle?.signedPreKey.signature, filled(64, 13));
      expectSame('the id of the one-time prekey', bundle?.oneTimePreKey?.id, 5);
      expectSame('the one-time prekey', bundle?.oneTimePreKey?.publicKey, filled(32, 105));
    },
  },
  {
    name: 'hands out each one-time prekey once, also to those who ask at the same time, and bundles without one then',
    run: async ({ access, alice, bob }) => {
      const server = await arrive(access, alice, 1);
      await arrive(access, bob, 11, [1, 2, 3]);
      const bundles = await Promise.all(Array.from({ length: 5 }, () => bundleOf(server, bob)));
      expectSame('how many bundles came', bundles.filter((bundle) => bundle !== undefined).length, 5);
      const ids = bundles.flatMap((bundle) => bundle?.oneTimePreKey?.id ?? []).sort();
      expectSame('the one-time prekeys that were handed out', ids, [1, 2, 3]);
    },
  },
  {
    name: 'counts the one-time prekeys that are left of the device that asks',
    run: async ({ access, alice, bob }) => {
      const server = await arrive(access, alice, 1, [1, 2]);
      const other = await arrive(access, bob, 11, [1, 2, 3]);
      expectSame('the count', await server.countOneTimePreKeys(), 2);
      expectSame('the count of the other', await other.countOneTimePreKeys(), 3);
      await bundleOf(server, bob);
      expectSame('the count after one was handed out', await other.countOneTimePreKeys(), 2);
      expectSame('the count of who has asked', await server.countOneTimePreKeys(), 2);
    },
  },
  {
    name: 'takes a new signed prekey for the old one, and more one-time prekeys to those that are left',
    run: async ({ access, alice, bob }) => {
      const server = await arrive(access, alice, 1);
      const other = await arrive(access, bob, 11, [1]);
      const signedPreKey = { id: 77, publicKey: filled(32, 78), signature: filled(64, 79) };
      await other.publishPreKeys({ ...keysOf(11, [2]), signedPreKey }, { id: 'renewal' });
      expectSame('the count', await other.countOneTimePreKeys(), 2);
      const bundles = [await bundleOf(server, bob), await bundleOf(server, bob)];
      expectSame(
        'the signed prekeys',
        bundles.map((bundle) => bundle?.signedPreKey.id),
        [77, 77],
      );
      const ids = bundles.flatMap((bundle) => bundle?.oneTimePreKey?.id ?? []).sort();
      expectSame('the one-time prekeys', ids, [1, 2]);
    },
  },
  {
    name: 'changes nothing when a publication of the same id comes again',
    run: async ({ access, alice, bob }) => {
      const server = await arrive(access, alice, 1);
      const other = await arrive(access, bob, 11, [1]);
      await other.publishPreKeys(keysOf(11, [2]), { id: 'again' });
      await bundleOf(server, bob);
      await other.publishPreKeys(keysOf(11, [2]), { id: 'again' });
      await access.connect(bob).publishPreKeys(keysOf(11, [2]), { id: 'again' });
      expectSame('the count', await other.countOneTimePreKeys(), 1);
    },
  },
  {
    name: 'copies keys on the way in and on the way out',
    run: async (subject) => {
      const { alice, bob } = await arriveBoth(subject);
      const keys = keysOf(21, [1]);
      const publishing = bob.publishPreKeys(keys, { id: 'copied' });
      keys.identityKey.fill(0);
      keys.signedPreKey.publicKey.fill(0);
      keys.oneTimePreKeys[0]?.publicKey.fill(0);
      await publishing;
      const first = await bundleOf(alice, subject.bob);
      expectSame('the identity key', first?.identityKey, filled(32, 21));
      expectSame('the one-time prekey', first?.oneTimePreKey?.publicKey, filled(32, 101));
      first?.identityKey.fill(0);
      first?.signedPreKey.publicKey.fill(0);
      const second = await bundleOf(alice, subject.bob);
      expectSame('the identity key that is handed out again', second?.identityKey, filled(32, 21));
      expectSame(
        'the signed prekey that is handed out again',
        second?.signedPreKey.publicKey,
        filled(32, 22),
      );
    },
  },
];
