/** A phone and laptops that it links, with everything fixed: tests change one thing at a time. */
import type { Random } from 'polyratchet';
import {
  approveLink,
  completeLink,
  createLinkOffer,
  createOwnDevices,
  parseLinkQr,
  type ApprovedLink,
  type ApproveLinkOptions,
  type CompletedLink,
  type CompleteLinkOptions,
  type OwnDevices,
  type ShownOffer,
} from 'polyratchet/devices';
import { generateIdentity, type Identity } from 'polyratchet/identity';
import { seededRandom } from '../support/random.js';

export const ACCOUNT = 'alice@example.org';
export const NOW = 1_750_000_000_000;
export const LABELS = { clientType: 'firefox', name: 'Work laptop', platform: 'Linux' } as const;

export interface Phone {
  readonly identity: Identity;
  readonly devices: OwnDevices;
  readonly random: Random;
}

export function createPhone(seed: number): Phone {
  const random = seededRandom(seed);
  const identity = generateIdentity(random);
  const { devices } = createOwnDevices({ account: ACCOUNT, identity, random, now: NOW, serverTime: NOW });
  return { identity, devices, random };
}

export interface Laptop extends ShownOffer {
  readonly identity: Identity;
  readonly random: Random;
}

export function createLaptop(seed: number): Laptop {
  const random = seededRandom(seed);
  const identity = generateIdentity(random);
  const noiseKey = random(32);
  return {
    identity,
    random,
    ...createLinkOffer({ ...LABELS, identity, noiseKey, ref: 'ref', random, now: NOW }),
  };
}

/** The phone's approval, unless the test asks for something else. */
export function approve(
  phone: Phone,
  laptop: Laptop,
  change: Partial<ApproveLinkOptions> = {},
): ApprovedLink {
  return approveLink({
    ...phone,
    request: parseLinkQr(laptop.qr),
    userConfirmed: { method: 'biometric', at: NOW },
    name: LABELS.name,
    platform: LABELS.platform,
    now: NOW,
    serverTime: NOW,
    ...change,
  });
}

/** The laptop's completion, unless the test asks for something else. */
export function complete(
  laptop: Laptop,
  container: Uint8Array,
  change: Partial<CompleteLinkOptions> = {},
): CompletedLink {
  return completeLink({ ...laptop, container, address: 'alice:1@example.org', now: NOW, ...change });
}
