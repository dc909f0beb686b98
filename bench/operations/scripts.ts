/** All scripts, for one subject. */
import type { Subject } from '../subject.js';
import { clientScripts } from './clients.js';
import { deviceListScript } from './deviceList.js';
import { coldScript, devicePool, warmScript } from './fanout.js';
import { groupScripts } from './groups.js';
import { LISTED_COMPANIONS, SECURITY_CODE_DEVICES, SEND_ACCOUNTS, type Scripts } from './index.js';
import { aheadScript, messagesScript, pingPongScript, recordsScript } from './messages.js';
import { bundleScript, initiateScript, respondScript } from './prekeys.js';
import { securityCodeScripts } from './securityCode.js';
import { sendScripts } from './send.js';
import { senderKeyScripts } from './senderKeys.js';

/** The scripts of a subject by name, with fanouts of these sizes. */
export function subjectScripts(subject: Subject, fanoutSizes: readonly number[]): Scripts {
  const deviceList = deviceListScript(subject, LISTED_COMPANIONS);
  const devices = devicePool(subject, Math.max(...fanoutSizes));
  const fanouts = fanoutSizes.flatMap((size) => [
    [`warm ${size}`, warmScript(subject, size)] as const,
    [`cold ${size}`, coldScript(subject, devices, size)] as const,
  ]);
  return {
    bundle: bundleScript(subject),
    initiate: initiateScript(subject),
    respond: respondScript(subject),
    'messages 100': messagesScript(subject, 100),
    'messages 4096': messagesScript(subject, 4096),
    'ping-pong': pingPongScript(subject),
    ...Object.fromEntries(fanouts),
    ahead: aheadScript(subject),
    ...Object.fromEntries(senderKeyScripts(subject)),
    ...Object.fromEntries(groupScripts(subject)),
    ...Object.fromEntries(securityCodeScripts(subject, SECURITY_CODE_DEVICES)),
    ...Object.fromEntries(sendScripts(subject, SEND_ACCOUNTS)),
    ...Object.fromEntries(clientScripts(subject)),
    ...(deviceList === undefined ? {} : { 'device list': deviceList }),
    ...(subject.storesRecords === true ? {} : { records: recordsScript(subject) }),
  };
}
