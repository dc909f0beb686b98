/**
 * Connections to a lying server: the truth comes from the server in memory, and what is told is made of it.
 *
 * @module
 */
import type { Delivery, LinkExchange, LinkingServer, Server } from '../../client/index.js';
import { accountOf, type Address } from '../../core/address.js';
import type { DeviceListAnswer } from '../../devices/index.js';
import type { PreKeyBundle } from '../../identity/index.js';
import type { Telling } from './telling.js';

/** The lies that are told now. */
export type Tellings = () => readonly Telling[];

/** A connection through which a device hears lies; `published` hears of each list that was taken. */
export function lyingConnection(
  server: Server,
  device: Address,
  { tellings, published }: { readonly tellings: Tellings; readonly published: (account: Address) => void },
): Server {
  const timeAsTold = (time: number): number =>
    tellings().reduce((told, telling) => telling.time?.(device, told) ?? told, time);
  const linkAsTold = (exchange: LinkExchange): LinkExchange => tellLink(tellings, exchange);

  return {
    ...server,
    fetchTime: async () => timeAsTold(await server.fetchTime()),
    countOneTimePreKeys: async () => {
      const count = await server.countOneTimePreKeys();
      return tellings().reduce((told, telling) => telling.count?.(device, told) ?? told, count);
    },
    fetchBundles: async (devices) => {
      const found = await server.fetchBundles(devices);
      return told(devices, (asked) =>
        tellings().reduce<PreKeyBundle | undefined>(
          (bundle, telling) =>
            telling.bundle === undefined ? bundle : telling.bundle(device, asked, bundle),
          found.get(asked),
        ),
      );
    },
    publishDeviceList: async (list) => {
      await server.publishDeviceList(list);
      published(accountOf(device));
    },
    fetchDeviceLists: async (accounts) => {
      const found = await server.fetchDeviceLists(accounts);
      return told(accounts, (asked) =>
        tellings().reduce<DeviceListAnswer | undefined>(
          (answer, telling) => (telling.list === undefined ? answer : telling.list(device, asked, answer)),
          found.get(asked),
        ),
      );
    },
    fetchLastUsed: async () => {
      const claims = await server.fetchLastUsed();
      return tellings().reduce((all, telling) => telling.lastUsed?.(device, all) ?? all, claims);
    },
    fetchLinkOffers: async () => (await server.fetchLinkOffers()).map(linkAsTold),
    fetchLink: async (ref) => linkAsTold(await server.fetchLink(ref)),
    send: async (envelopes, options) => {
      const answer = await server.send(envelopes, options);
      return tellings().reduce((all, telling) => telling.answer?.(device, all) ?? all, answer);
    },
    receive: async function* (): AsyncGenerator<Delivery> {
      for await (const { id, envelope } of server.receive()) {
        yield { id, envelope: { ...envelope, at: timeAsTold(envelope.at) } };
      }
    },
  };
}

/** The same for a device that has no address yet. */
export function lyingLinkingConnection(server: LinkingServer, tellings: Tellings): LinkingServer {
  return {
    ...server,
    fetchLink: async (ref) => tellLink(tellings, await server.fetchLink(ref)),
  };
}

function tellLink(tellings: Tellings, exchange: LinkExchange): LinkExchange {
  return tellings().reduce((told, telling) => telling.link?.(told) ?? told, exchange);
}

/** What is told of each that was asked for, in memory of its own; what is told to be nothing is absent. */
function told<Answer>(
  asked: readonly Address[],
  tell: (address: Address) => Answer | undefined,
): ReadonlyMap<Address, Answer> {
  return new Map(
    asked.flatMap((address) => {
      const answer = tell(address);
      return answer === undefined ? [] : [[address, structuredClone(answer)] as const];
    }),
  );
}
