/**
 * Lies about which devices an account has.
 *
 * @module
 */
import { accountOf, parseAddress, type Address } from '../../core/address.js';
import type { DeviceListAnswer } from '../../devices/index.js';
import { bundleOf, listOfPrimary, withCompanion } from './intruder.js';
import type { ListLie, Told } from './lie.js';
import { hears, type Stage, type Telling } from './telling.js';

/** How each is told. */
export const LIST_LIES: {
  readonly [Kind in ListLie['kind']]: (lie: Extract<ListLie, { kind: Kind }>, stage: Stage) => Telling;
} = {
  'add-device': (lie, stage) => {
    const { account, forgery } = lie;
    const known = stage.listNow(account) ?? { devices: [] };
    const intruder = stage.intrude(stage.nextAddress(account));
    const { device } = parseAddress(intruder.address);
    const source = stage.source();
    const added = withCompanion(known, { intruder, device, forgery, source });
    const claim = added.devices.slice(known.devices.length);
    return {
      seizes: intruder.address,
      list: (viewer, asked, answer) => {
        if (asked !== account || !hears(lie, viewer)) return answer;
        const { signedList } = forgery === 'other-primary' ? added : (answer ?? added);
        const devices = [...(answer?.devices ?? []), ...claim];
        return { ...answer, devices, ...(signedList === undefined ? {} : { signedList }) };
      },
      bundle: (viewer, asked, bundle) =>
        asked === intruder.address && hears(lie, viewer) ? bundleOf(intruder) : bundle,
    };
  },
  'replace-account': (lie, stage) => {
    const intruder = stage.intrude(lie.account);
    const list = listOfPrimary(intruder, stage.source());
    return {
      seizes: lie.account,
      list: (viewer, account, answer) => (account === lie.account && hears(lie, viewer) ? list : answer),
      bundle: (viewer, device, bundle) => {
        if (accountOf(device) !== lie.account || !hears(lie, viewer)) return bundle;
        return device === lie.account ? bundleOf(intruder) : undefined;
      },
    };
  },
  'withhold-list': (lie, stage) => instead(lie, stage.listNow(lie.account)),
  'roll-back-list': (lie, stage) => {
    const lists = stage.publications(lie.account);
    return instead(lie, lists[Math.max(0, lists.length - 1 - lie.steps)]);
  },
  'fork-list': (lie, stage) => {
    const lists = stage.publications(lie.account);
    return instead(lie, lists.at(-2) ?? lists.at(-1));
  },
  'hide-device': (lie) => ({ list: hiding(lie.device, lie) }),
  unlink: ({ device }, stage) => ({ list: hiding(device, {}), end: stage.shutOut(device) }),
  'claim-last-used': (lie) => {
    const { device: number } = parseAddress(lie.device);
    const claim = { device: number, lastUsed: lie.lastUsed };
    return {
      lastUsed: (viewer, claims) =>
        hears(lie, viewer) && accountOf(viewer) === accountOf(lie.device)
          ? [...claims.filter(({ device }) => device !== number), claim]
          : claims,
    };
  },
};

/** Another answer in the place of the true one. */
function instead(lie: Told & { readonly account: Address }, other: DeviceListAnswer | undefined): Telling {
  return {
    list: (viewer, account, answer) => (account === lie.account && hears(lie, viewer) ? other : answer),
  };
}

function hiding(address: Address, lie: Told): NonNullable<Telling['list']> {
  const { device: number } = parseAddress(address);
  return (viewer, account, answer) => {
    if (answer === undefined || account !== accountOf(address) || !hears(lie, viewer)) return answer;
    return { ...answer, devices: answer.devices.filter(({ device }) => device !== number) };
  };
}
