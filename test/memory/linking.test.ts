import type { Clock, LinkExchange, LinkingServer, Server } from 'polyratchet';
import {
  approveLink,
  completeLink,
  confirmCompanion,
  createLinkOffer,
  createOwnDevices,
  parseLinkQr,
} from 'polyratchet/devices';
import { generateIdentity } from 'polyratchet/identity';
import {
  createMemoryServer,
  EXCHANGE_LIFETIME_MS,
  MAX_EXCHANGES,
  MAX_LINKED,
  MAX_SIGNED_LENGTH,
  MAX_TEXT_LENGTH,
  type MemoryServer,
} from 'polyratchet/memory';
import { describe, expect, test } from 'vitest';
import { expectRejection } from '../support/errors.js';
import { seededRandom } from '../support/random.js';

const ALICE = 'alice@example.org';
const LABELS = { clientType: 'firefox', name: 'Laptop', platform: 'Linux' } as const;

describe('a link by QR code', () => {
  test('goes from offer to signature, between a real phone and a real laptop', async () => {
    const { phone, laptop, random } = start();
    const [alice, companion] = [generateIdentity(random), generateIdentity(random)];
    const now = 1_000_000;
    const signer = { identity: alice, random, now, serverTime: await phone.fetchTime() };
    const { devices } = createOwnDevices({ account: ALICE, ...signer });

    const ref = await laptop.offerLink(LABELS);
    const { offer, qr } = createLinkOffer({
      ...LABELS,
      identity: companion,
      noiseKey: random(32),
      ref,
      random,
      now,
    });
    const request = parseLinkQr(qr);
    const { name, platform } = await phone.fetchLink(request.ref);
    const userConfirmed = { method: 'pin', at: now } as const;
    const approved = approveLink({ devices, request, userConfirmed, name, platform, ...signer });
    expect(await phone.approveLink({ ref, container: approved.container })).toBe('alice:1@example.org');

    const { approval } = await laptop.fetchLink(ref);
    const { device, reply } = completeLink({ offer, identity: companion, ...approval!, random, now });
    expect(device.address).toBe('alice:1@example.org');
    await laptop.completeLink({ ref, signedIdentity: reply });

    const { signedIdentity } = await phone.fetchLink(ref);
    const own = confirmCompanion({
      devices: approved.devices,
      keyIndex: 1,
      device: 1,
      signedIdentity: signedIdentity!,
    });
    expect(own.companions[0]).toMatchObject({
      name: 'Laptop',
      platform: 'Linux',
      link: { kind: 'confirmed' },
    });
  });

  test('gives each device number of an account once, also to links that never end', async () => {
    const { server, phone, laptop } = start();
    const bob = server.connect('bob@example.org');
    const approve = async (primary: Server) =>
      primary.approveLink({ ref: await laptop.offerLink(LABELS), container: filled(9) });
    expect(await approve(phone)).toBe('alice:1@example.org');
    expect(await approve(phone)).toBe('alice:2@example.org');
    expect(await approve(bob)).toBe('bob:1@example.org');
    expect(await approve(phone)).toBe('alice:3@example.org');
  });
});

describe('a link by code', () => {
  test('shows each step to both ends, in order', async () => {
    const { phone, laptop } = start();
    const ref = await laptop.offerLink(byCode());
    const hello = { ref, wrappedEphemeral: filled(80) };
    expect(await phone.fetchLinkOffers()).toEqual([{ ...LABELS, ref, hello }]);

    const answer = { ref, wrappedEphemeral: filled(80, 2), primaryIdentity: filled(32, 3) };
    await phone.answerLink(answer);
    expect(await phone.fetchLinkOffers()).toEqual([]);
    const finish = { ref, bundle: filled(156, 4), companionIdentity: filled(32, 5) };
    await laptop.finishLink(finish);
    const address = await phone.approveLink({ ref, container: filled(200, 6) });
    await laptop.completeLink({ ref, signedIdentity: filled(170, 7) });
    const whole: LinkExchange = {
      ...LABELS,
      ref,
      hello,
      answer,
      finish,
      approval: { address, container: filled(200, 6) },
      signedIdentity: filled(170, 7),
    };
    expect(await phone.fetchLink(ref)).toEqual(whole);
    expect(await laptop.fetchLink(ref)).toEqual(whole);
  });

  test('reaches the account that the companion has named, and no other', async () => {
    const { server, phone, laptop } = start();
    const bob = server.connect('bob@example.org');
    const ref = await laptop.offerLink(byCode());
    expect(await bob.fetchLinkOffers()).toEqual([]);
    expect(await server.connect('alice:1@example.org').fetchLinkOffers()).toEqual([]);
    await expectRejection('link-mismatch', bob.answerLink(answerTo(ref)));
    await phone.answerLink(answerTo(ref));
    await laptop.finishLink(finishOf(ref));
    await expectRejection('link-mismatch', bob.approveLink({ ref, container: filled(9) }));
    expect(await phone.approveLink({ ref, container: filled(9) })).toBe('alice:1@example.org');
  });
});

describe('a step', () => {
  test('is taken once', async () => {
    const { phone, laptop } = start();
    const ref = await laptop.offerLink(byCode());
    const steps = [
      () => phone.answerLink(answerTo(ref)),
      () => laptop.finishLink(finishOf(ref)),
      () => phone.approveLink({ ref, container: filled(9) }),
      () => laptop.completeLink({ ref, signedIdentity: filled(9) }),
    ];
    for (const step of steps) {
      await step();
      const before = await phone.fetchLink(ref);
      expect((await expectRejection('link-expired', step())).data.why).toBe('used');
      expect(await phone.fetchLink(ref)).toEqual(before);
    }
    expect(await phone.approveLink({ ref: await laptop.offerLink(LABELS), container: filled(9) })).toBe(
      'alice:2@example.org',
    );
  });

  test('is taken in its order', async () => {
    const { phone, laptop } = start();
    const code = await laptop.offerLink(byCode());
    const qr = await laptop.offerLink(LABELS);
    const tooEarly = [
      laptop.finishLink(finishOf(code)),
      phone.approveLink({ ref: code, container: filled(9) }),
      laptop.completeLink({ ref: code, signedIdentity: filled(9) }),
      phone.answerLink(answerTo(qr)),
      laptop.finishLink(finishOf(qr)),
      laptop.completeLink({ ref: qr, signedIdentity: filled(9) }),
    ];
    for (const step of tooEarly) {
      expect((await expectRejection('link-mismatch', step)).data.why).toBe('reference');
    }
    expect(await phone.approveLink({ ref: qr, container: filled(9) })).toBe('alice:1@example.org');
  });

  test('of a primary is for a primary device alone', async () => {
    const { server, laptop } = start();
    const companion = server.connect('alice:1@example.org');
    const ref = await laptop.offerLink(byCode());
    await expectRejection('invalid-argument', companion.answerLink(answerTo(ref)));
    await expectRejection('invalid-argument', companion.approveLink({ ref, container: filled(9) }));
  });
});

describe('an exchange', () => {
  test('ends ten minutes after its offer, to the millisecond', async () => {
    const { clock, phone, laptop } = start();
    const ref = await laptop.offerLink(byCode());
    clock.time += EXCHANGE_LIFETIME_MS;
    expect((await phone.fetchLink(ref)).ref).toBe(ref);
    clock.time += 1;
    expect(await phone.fetchLinkOffers()).toEqual([]);
    expect((await expectRejection('link-expired', phone.fetchLink(ref))).data.why).toBe('expired');
    await expectRejection('link-expired', phone.answerLink(answerTo(ref)));
  });

  test('is one of a thousand at most, and old ones make room', async () => {
    const { clock, laptop } = start();
    const refs = new Set<string>();
    for (let i = 0; i < MAX_EXCHANGES; i++) refs.add(await laptop.offerLink(LABELS));
    expect(refs.size).toBe(MAX_EXCHANGES);
    const error = await expectRejection('too-large', laptop.offerLink(LABELS));
    expect(error.data).toEqual({ what: 'links in progress', limit: MAX_EXCHANGES, got: MAX_EXCHANGES + 1 });
    clock.time += EXCHANGE_LIFETIME_MS + 1;
    expect(refs).not.toContain(await laptop.offerLink(LABELS));
  });

  test('shares no memory with those who leave and take', async () => {
    const { phone, laptop } = start();
    const wrappedEphemeral = filled(80);
    const offering = laptop.offerLink({ ...LABELS, code: { account: ALICE, wrappedEphemeral } });
    wrappedEphemeral.fill(0xee);
    const ref = await offering;
    const answer = answerTo(ref);
    const answering = phone.answerLink(answer);
    answer.wrappedEphemeral.fill(0xee);
    answer.primaryIdentity.fill(0xee);
    await answering;
    const first = await laptop.fetchLink(ref);
    expect(first.hello?.wrappedEphemeral).toEqual(filled(80));
    expect(first.answer).toEqual(answerTo(ref));
    first.hello?.wrappedEphemeral.fill(0xee);
    expect((await phone.fetchLink(ref)).hello?.wrappedEphemeral).toEqual(filled(80));
  });

  test('goes on after the companion has connected anew; what is closed is refused', async () => {
    const { server, phone, laptop } = start();
    const ref = await laptop.offerLink(LABELS);
    laptop.close();
    for (const call of [laptop.offerLink(LABELS), laptop.fetchLink(ref)])
      await expectRejection('closed', call);
    await phone.approveLink({ ref, container: filled(9) });
    const again = server.connectUnlinked();
    await again.completeLink({ ref, signedIdentity: filled(9) });
    phone.close();
    await expectRejection('closed', phone.fetchLink(ref));
    await expectRejection('closed', phone.approveLink({ ref, container: filled(9) }));
  });
});

describe('bad input', () => {
  test('of an offer is refused', async () => {
    const { laptop } = start();
    const long = 'x'.repeat(MAX_TEXT_LENGTH + 1);
    const wrong: unknown[] = [
      undefined,
      'offer',
      { ...LABELS, name: long },
      { ...LABELS, platform: 7 },
      { ...LABELS, clientType: undefined },
      { ...LABELS, code: null },
      { ...LABELS, code: { account: 'alice:1@example.org', wrappedEphemeral: filled(80) } },
      { ...LABELS, code: { account: 'alice', wrappedEphemeral: filled(80) } },
      { ...LABELS, code: { account: ALICE, wrappedEphemeral: 'bytes' } },
    ];
    for (const offer of wrong) await expectRejection('invalid-argument', laptop.offerLink(offer as never));
    expect(await laptop.offerLink({ ...LABELS, name: long.slice(1) })).toMatch(/^[0-9a-f]{16}$/);
  });

  test('of every step is refused, and the step stays open', async () => {
    const { phone, laptop } = start();
    const ref = await laptop.offerLink(byCode());
    const long = filled(MAX_SIGNED_LENGTH + 1);
    await expectRejection('too-large', laptop.offerLink(byCode(long)));
    await expectRejection('invalid-argument', phone.answerLink(undefined as never));
    for (const field of ['wrappedEphemeral', 'primaryIdentity']) {
      await expectRejection('too-large', phone.answerLink({ ...answerTo(ref), [field]: long }));
      await expectRejection('invalid-argument', phone.answerLink({ ...answerTo(ref), [field]: undefined }));
    }
    await phone.answerLink({ ...answerTo(ref), wrappedEphemeral: long.subarray(1) });
    for (const field of ['bundle', 'companionIdentity']) {
      await expectRejection('too-large', laptop.finishLink({ ...finishOf(ref), [field]: long }));
      await expectRejection('invalid-argument', laptop.finishLink({ ...finishOf(ref), [field]: [1] }));
    }
    await laptop.finishLink(finishOf(ref));
    await expectRejection('too-large', phone.approveLink({ ref, container: long }));
    await expectRejection('invalid-argument', phone.approveLink({ ref } as never));
    expect(await phone.approveLink({ ref, container: filled(9) })).toBe('alice:1@example.org');
    await expectRejection('too-large', laptop.completeLink({ ref, signedIdentity: long }));
    await expectRejection('invalid-argument', laptop.completeLink(null as never));
    await laptop.completeLink({ ref, signedIdentity: filled(9) });
  });

  test('instead of a ref names no exchange', async () => {
    const { phone, laptop } = start();
    for (const ref of ['', 'unknown', '__proto__'])
      await expectRejection('link-expired', laptop.fetchLink(ref));
    for (const ref of [undefined, 7, 'x'.repeat(MAX_TEXT_LENGTH + 1)]) {
      await expectRejection('invalid-argument', phone.fetchLink(ref as never));
    }
  });

  test('cannot make an account longer than an answer may be', async () => {
    const { phone, laptop } = start();
    for (let i = 0; i < MAX_LINKED; i++) {
      const ref = await laptop.offerLink(LABELS);
      await phone.approveLink({ ref, container: filled(9) });
      await laptop.completeLink({ ref, signedIdentity: filled(9) });
    }
    const ref = await laptop.offerLink(LABELS);
    await expectRejection('companion-limit', phone.approveLink({ ref, container: filled(9) }));
    await phone.publishDeviceList({ signedList: filled(9), removed: [3] });
    expect(await phone.approveLink({ ref, container: filled(9) })).toBe(
      `alice:${MAX_LINKED + 1}@example.org`,
    );
  });
});

interface Started {
  readonly server: MemoryServer;
  readonly phone: Server;
  readonly laptop: LinkingServer;
  readonly clock: Clock & { time: number };
  readonly random: ReturnType<typeof seededRandom>;
}

function start(): Started {
  const clock = { time: 1_000_000, now: () => clock.time, after: () => () => undefined };
  const random = seededRandom(1);
  const server = createMemoryServer({ clock, random });
  return { server, phone: server.connect(ALICE), laptop: server.connectUnlinked(), clock, random };
}

function byCode(wrappedEphemeral = filled(80)) {
  return { ...LABELS, code: { account: ALICE, wrappedEphemeral } };
}

function answerTo(ref: string) {
  return { ref, wrappedEphemeral: filled(80, 2), primaryIdentity: filled(32, 3) };
}

function finishOf(ref: string) {
  return { ref, bundle: filled(156, 4), companionIdentity: filled(32, 5) };
}

function filled(length: number, byte = 1): Uint8Array {
  return new Uint8Array(length).fill(byte);
}
