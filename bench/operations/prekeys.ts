/** Scripts of prekeys and of the first message: bundles, initiators, responders. */
import type { Data, Message, Party, Subject } from '../subject.js';
import { at, check, createParty, free, plaintext, stopwatch } from './conversation.js';
import type { Script } from './index.js';

/** So many one-time prekeys may be in use at once: olm keeps no more than 100. */
const BUNDLES_AT_ONCE = 25;

/** One party makes bundle after bundle. */
export function bundleScript(subject: Subject): Script {
  return async (n) => {
    const party = await createParty(subject);
    await party.createBundle();
    const elapsed = stopwatch(n);
    for (let i = 0; i < n; i++) await party.createBundle();
    const time = elapsed();
    free(party);
    return [time];
  };
}

/** Bundle → first ciphertext; each time another peer, whose keys were never seen. */
export function initiateScript(subject: Subject): Script {
  const text = plaintext(subject, 100);
  return async (n) => {
    const initiator = await createParty(subject);
    const responders: Party[] = [];
    const bundles: unknown[] = [];
    for (let i = 0; i <= n; i++) {
      const responder = await createParty(subject);
      responders.push(responder);
      bundles.push(await responder.createBundle());
    }
    await initiator.startSession(at(responders, n).name, bundles[n]);
    let message: Message | undefined;

    const elapsed = stopwatch(n);
    for (let i = 0; i < n; i++) {
      const { name } = at(responders, i);
      await initiator.startSession(name, bundles[i]);
      message = await initiator.encrypt(name, text);
    }
    const time = elapsed();

    if (message !== undefined) check(await at(responders, n - 1).decrypt(initiator.name, message), text);
    free(initiator, ...responders);
    return [time];
  };
}

/** First ciphertext → plaintext; each time another peer. */
export function respondScript(subject: Subject): Script {
  const text = plaintext(subject, 100);
  return async (n) => {
    let us = 0;
    for (let done = 0; done < n; done += BUNDLES_AT_ONCE) {
      us += await respond(subject, Math.min(BUNDLES_AT_ONCE, n - done), text);
    }
    return [{ us, count: n }];
  };
}

async function respond(subject: Subject, n: number, text: Data): Promise<number> {
  const responder = await createParty(subject);
  const initiators: Party[] = [];
  const messages: Message[] = [];
  for (let i = 0; i < n; i++) {
    const initiator = await createParty(subject);
    await initiator.startSession(responder.name, await responder.createBundle());
    initiators.push(initiator);
    messages.push(await initiator.encrypt(responder.name, text));
  }
  let received: Data | undefined;

  const elapsed = stopwatch(n);
  for (let i = 0; i < n; i++) received = await responder.decrypt(at(initiators, i).name, at(messages, i));
  const { us } = elapsed();

  check(received, text);
  free(responder, ...initiators);
  return us;
}
