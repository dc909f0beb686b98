/** Servers with one defect each, by the name of the case that must find it. */
import type { Delivery, Envelope, LinkingServer, Server, ServerAccess } from 'polyratchet';
import { createMemoryServer, type MemoryServer } from 'polyratchet/memory';

/** What a connection of a broken server does differently. */
type DeviceDefect = (
  server: Server,
  context: { readonly device: string; readonly access: MemoryServer },
) => Partial<Server>;
type LinkingDefect = (server: LinkingServer) => Partial<LinkingServer>;

interface Defects {
  readonly device?: DeviceDefect;
  readonly linking?: LinkingDefect;
}

/** A server in memory with a defect. */
export function broken({ device: breakDevice, linking: breakLinking }: Defects): ServerAccess {
  const access = createMemoryServer();
  return {
    connect: (device) => {
      const server = access.connect(device);
      return { ...server, ...breakDevice?.(server, { device, access }) };
    },
    connectUnlinked: () => {
      const server = access.connectUnlinked();
      return { ...server, ...breakLinking?.(server) };
    },
  };
}

/** The case, and a defect made anew for each server. */
export const BROKEN_SERVERS: readonly (readonly [name: string, defects: () => Defects])[] = [
  [
    'hands out the bundle of a device as it was published, and none of a device without keys',
    () =>
      device((server) => ({
        fetchBundles: async (devices) => {
          const found = await server.fetchBundles(devices);
          return new Map([...found].map(([address, bundle]) => [address, { ...bundle, registrationId: 1 }]));
        },
      })),
  ],
  [
    'hands out each one-time prekey once, also to those who ask at the same time, and bundles without one then',
    () => {
      const first = new Map<string, number>();
      return device((server) => ({
        fetchBundles: async (devices) => {
          const found = await server.fetchBundles(devices);
          return new Map(
            [...found].map(([address, bundle]) => {
              const id = first.get(address) ?? bundle.oneTimePreKey?.id ?? 0;
              first.set(address, id);
              return [address, { ...bundle, oneTimePreKey: { id, publicKey: new Uint8Array(32) } }];
            }),
          );
        },
      }));
    },
  ],
  [
    'counts the one-time prekeys that are left of the device that asks',
    () => {
      let published = 0;
      return device((server) => ({
        publishPreKeys: async (keys, options) => {
          published += keys.oneTimePreKeys.length;
          await server.publishPreKeys(keys, options);
        },
        countOneTimePreKeys: () => Promise.resolve(published),
      }));
    },
  ],
  [
    'takes a new signed prekey for the old one, and more one-time prekeys to those that are left',
    () => {
      let count = 0;
      return device((server) => ({
        publishPreKeys: async (keys, options) => {
          count++;
          const { identityKey } = keys;
          await server.publishPreKeys({ ...keys, identityKey: identityKey.with(0, count) }, options);
        },
      }));
    },
  ],
  [
    'changes nothing when a publication of the same id comes again',
    () => {
      let count = 0;
      return device((server) => ({
        publishPreKeys: async (keys) => server.publishPreKeys(keys, { id: String(++count) }),
      }));
    },
  ],
  [
    'copies keys on the way in and on the way out',
    () =>
      device((server) => ({
        publishPreKeys: async (keys, options) => {
          await Promise.resolve();
          await server.publishPreKeys(keys, options);
        },
      })),
  ],
  [
    'tells the time in milliseconds',
    () => device((server) => ({ fetchTime: async () => Math.floor((await server.fetchTime()) / 1000) })),
  ],
  [
    'gives out the list that the primary has published last, and none of an account that it does not know',
    () => {
      let isPublished = false;
      return device((server) => ({
        publishDeviceList: async (list) => {
          if (!isPublished) await server.publishDeviceList(list);
          isPublished = true;
        },
      }));
    },
  ],
  [
    'names the devices of an account with their identity keys and signatures',
    () =>
      device((server) => ({
        fetchDeviceLists: async (accounts) => {
          const lists = await server.fetchDeviceLists(accounts);
          return new Map(
            [...lists].map(([account, { devices, ...list }]) => {
              const known = devices.map(({ signedIdentity: _, ...claim }) => claim);
              return [account, { ...list, devices: known }];
            }),
          );
        },
      })),
  ],
  [
    'takes a list from the primary alone',
    () =>
      device((_, { device: address, access }) => ({
        publishDeviceList: async (list) =>
          access.connect(address.replace(/:\d+/, '')).publishDeviceList(list),
      })),
  ],
  [
    'copies lists on the way in and on the way out',
    () =>
      device((server) => ({
        publishDeviceList: async (list) => {
          await Promise.resolve();
          await server.publishDeviceList(list);
        },
      })),
  ],
  [
    'says when each device of the own account was last connected',
    () =>
      device((server) => ({
        fetchLastUsed: async () => (await server.fetchLastUsed()).map((claim) => ({ ...claim, lastUsed: 1 })),
      })),
  ],
  [
    'lets a device that was unlinked do nothing any more but ask for the list of its account',
    letsEverybodyIn,
  ],
  [
    'lets a device that was unlinked do nothing any more but ask for the list of its account',
    () =>
      device((server) => ({
        fetchDeviceLists: async (accounts) => {
          const isLetIn = await server.fetchTime().then(
            () => true,
            () => false,
          );
          return isLetIn ? server.fetchDeviceLists(accounts) : new Map();
        },
      })),
  ],
  ['ends the mail of a device that was unlinked, and forgets what was left of it', letsEverybodyIn],
  [
    'lets the others of the account go on when one is unlinked',
    () =>
      device((server) => ({
        publishDeviceList: async ({ signedList, removed }) =>
          server.publishDeviceList({ signedList, removed: removed === undefined ? [] : [1, 2] }),
        receive: async function* () {
          try {
            yield* server.receive();
          } catch {
            return;
          }
        },
      })),
  ],
  [
    'carries a link by QR code: labels, approval with an address, signatures',
    () => ({
      linking: (server) => ({
        offerLink: async (offer) => server.offerLink({ ...offer, name: offer.name.toUpperCase() }),
      }),
    }),
  ],
  [
    'gives each address once, also where a link has not ended or its device is gone',
    () =>
      device((server, { device: address }) => ({
        approveLink: async (approval) => {
          await server.approveLink(approval);
          return address.replace('@', ':1@');
        },
      })),
  ],
  [
    'carries a link by code through all its steps',
    () => ({
      linking: (server) => ({
        fetchLink: async (ref) => {
          const { finish, ...exchange } = await server.fetchLink(ref);
          return exchange.signedIdentity === undefined && finish !== undefined
            ? { ...exchange, finish }
            : exchange;
        },
      }),
    }),
  ],
  [
    'shows an offer by code to the account that it names, and to no other',
    () =>
      device((_, { access }) => ({
        fetchLinkOffers: async () => access.connect('alice@example.org').fetchLinkOffers(),
      })),
  ],
  [
    'shows an offer by code to the account that it names, and to no other',
    () =>
      device((server) => ({ fetchLinkOffers: async () => [...(await server.fetchLinkOffers())].reverse() })),
  ],
  [
    'takes each step of a link once, in its order, and from the right end',
    () =>
      device((server) => ({ answerLink: async (hello) => server.answerLink(hello).catch(() => undefined) })),
  ],
  [
    'takes approvals from the primary alone, and knows no link that nobody began',
    () =>
      device((_, { device: address, access }) => ({
        approveLink: async (approval) => access.connect(address.replace(/:\d+/, '')).approveLink(approval),
      })),
  ],
  [
    'ends a connection without an address when it is closed, and not its link',
    () => ({ linking: () => ({ close: () => undefined }) }),
  ],
  [
    'delivers envelopes of every type as they are, in the order in which they were sent',
    () =>
      device((server) => ({
        send: async (envelopes, options) =>
          server.send(
            envelopes.map(({ deviceIdentity: _, ...envelope }) => envelope),
            options,
          ),
      })),
  ],
  [
    'delivers envelopes of every type as they are, in the order in which they were sent',
    () =>
      device((server) => ({
        send: async (envelopes, options) => server.send([...envelopes].reverse(), options),
      })),
  ],
  ['says itself who has sent an envelope and when, whatever the envelope says', believesTheSender],
  [
    'wakes a reader that waits',
    () =>
      device((_, { device: address, access }) => ({
        receive: async function* () {
          const waiting = access.waiting(address);
          for await (const delivery of access.connect(address).receive()) {
            if (Number(delivery.id) > waiting) return;
            yield delivery;
          }
        },
      })),
  ],
  [
    'forgets what was acknowledged, and gives the rest again to the next connection, in order',
    () =>
      device((server) => ({
        acknowledge: async (ids) => {
          const last = Math.max(0, ...ids.map(Number).filter(Number.isInteger));
          await server.acknowledge(Array.from({ length: last }, (_, i) => String(i + 1)));
        },
      })),
  ],
  [
    'forgets what was acknowledged, and gives the rest again to the next connection, in order',
    () => device(() => ({ acknowledge: async () => Promise.resolve() })),
  ],
  [
    'keeps the mail of each device apart, and lets none acknowledge that of another',
    () =>
      device((_, { access }) => ({
        acknowledge: async (ids) => access.connect('alice@example.org').acknowledge(ids),
      })),
  ],
  ['keeps mail for a device that is not connected', deliversToTheConnected],
  [
    'copies envelopes on the way in and on the way out',
    () =>
      device((server) => ({
        send: async (envelopes, options) => {
          await Promise.resolve();
          return server.send(envelopes, options);
        },
      })),
  ],
  ['ends the readers of a connection that is closed', () => device(() => ({ close: () => undefined }))],
  ['refuses every call on a connection that is closed, and may be closed twice', throwsWhenClosedTwice],
  [
    'refuses every call on a connection that is closed, and may be closed twice',
    () =>
      device((_, { device: address, access }) => ({
        send: async (envelopes, options) => access.connect(address).send(envelopes, options),
      })),
  ],
  [
    'delivers a send of the same id once, also on another connection and at the same time',
    () => {
      let count = 0;
      return device((server) => ({
        send: async (envelopes, options) => server.send(envelopes, { ...options, id: String(++count) }),
      }));
    },
  ],
  [
    'delivers a send of the same id once, also on another connection and at the same time',
    remembersByConnection,
  ],
  [
    'counts the ids of each device for itself',
    () => {
      const seen = new Set<string>();
      return device((server) => ({
        send: async (envelopes, options) => {
          if (seen.has(options.id)) return {};
          seen.add(options.id);
          return server.send(envelopes, options);
        },
      }));
    },
  ],
  [
    'delivers to the devices that it knows, and names the others as extra',
    () =>
      device((server) => ({
        send: async (envelopes, options) => {
          const { extra = [] } = await server.send([], options);
          return { extra: [...extra, ...envelopes.map(({ to }) => to)] };
        },
      })),
  ],
  [
    'names no missing device where the participant hash is that of the devices that it knows',
    () =>
      device((server, { device: address }) => ({
        send: async (envelopes, options) => ({
          ...(await server.send(envelopes, options)),
          missing: [address],
        }),
      })),
  ],
  [
    'names the missing devices where the participant hash is another, and its own hash',
    () => device((server) => ({ send: async (envelopes, { id }) => server.send(envelopes, { id }) })),
  ],
  [
    'names no missing device where there is no participant hash',
    () =>
      device((server) => ({
        send: async (envelopes, options) =>
          server.send(envelopes, { participantHash: '2:AAAAAAAA', ...options }),
      })),
  ],
  [
    'answers a send that comes again as it was answered the first time',
    () =>
      device((server) => ({
        send: async (envelopes, options) => {
          const { missing } = await server.send([], { ...options, id: `${options.id} ${Math.random()}` });
          const answer = await server.send(envelopes, options);
          return missing?.includes('alice:1@example.org') === true ? { ...answer, missing } : answer;
        },
      })),
  ],
];

function device(defect: DeviceDefect): Defects {
  return { device: defect };
}

/** Removed devices are taken from the list, and otherwise left alone. */
function letsEverybodyIn(): Defects {
  return device((server) => ({
    publishDeviceList: async ({ signedList }) => server.publishDeviceList({ signedList }),
  }));
}

function believesTheSender(): Defects {
  const said = new Map<string, Envelope>();
  return device((server) => ({
    send: async (envelopes, options) => {
      for (const envelope of envelopes) said.set(envelope.id, envelope);
      return server.send(envelopes, options);
    },
    receive: async function* (): AsyncGenerator<Delivery> {
      for await (const { id, envelope } of server.receive()) {
        yield { id, envelope: said.get(envelope.id) ?? envelope };
      }
    },
  }));
}

function deliversToTheConnected(): Defects {
  const connected = new Set<string>();
  return device((server, { device: address }) => {
    connected.add(address);
    return {
      send: async (envelopes, options) =>
        server.send(
          envelopes.filter(({ to }) => connected.has(to)),
          options,
        ),
      close: () => {
        connected.delete(address);
        server.close();
      },
    };
  });
}

function throwsWhenClosedTwice(): Defects {
  return device((server) => {
    let isClosed = false;
    return {
      close: () => {
        server.close();
        isClosed = true;
      },
      fetchTime: async () => (isClosed ? 1 : server.fetchTime()),
    };
  });
}

function remembersByConnection(): Defects {
  let connections = 0;
  return device((server) => {
    const number = ++connections;
    return {
      send: async (envelopes, options) =>
        server.send(envelopes, { ...options, id: `${options.id} ${number}` }),
    };
  });
}
