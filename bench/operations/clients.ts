/** Scripts of clients: what a device costs as an application uses it, beside the pure steps on a store of the same kind. */
import type { Devices, Subject } from '../subject.js';
import { stopwatch } from './conversation.js';
import type { Script, Time } from './index.js';

/** Sends and receives with both in turns; nothing for subjects that have no clients. */
export function clientScripts(subject: Subject): [string, Script][] {
  let made: Promise<Devices> | undefined;
  const { createDevices } = subject;
  if (createDevices === undefined) return [];
  const devices = (): Promise<Devices> => (made ??= createDevices());
  return [
    ['client send', sendScript(devices)],
    ['client receive', receiveScript(devices)],
  ];
}

function sendScript(devices: () => Promise<Devices>): Script {
  return async (n) => {
    const { client, pure } = await devices();
    const times: Time[] = [];
    for (const device of [client, pure]) {
      const elapsed = stopwatch(n);
      for (let i = 0; i < n; i++) await device.send();
      times.push(elapsed());
    }
    return times;
  };
}

/** From the server to the application's listener; that it has handled the messages is said afterwards, for all at once. */
function receiveScript(devices: () => Promise<Devices>): Script {
  return async (n) => {
    const { client, pure, incoming } = await devices();
    const envelopes = incoming(n);
    const times: Time[] = [];
    for (const device of [client, pure]) {
      const elapsed = stopwatch(n);
      await device.receive(envelopes);
      times.push(elapsed());
      await device.acknowledge();
    }
    return times;
  };
}
