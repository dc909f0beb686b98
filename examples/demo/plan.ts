/** The plan of a send, line by line: who gets the message, for whom a bundle is missing, and who is left out. */
import type { FanoutPlan, PlannedDevice } from 'polyratchet/fanout';
import { NAMES } from './events.js';

/** The lines that show a plan. */
export function describePlan({ recipients, ownDevices, participantHash }: FanoutPlan): readonly string[] {
  return [
    ...recipients.map((planned) => describeDevice('message', planned)),
    ...ownDevices.map((planned) => describeDevice('own copy', planned)),
    `participant hash ${participantHash}`,
  ];
}

function describeDevice(what: string, planned: PlannedDevice): string {
  const name = NAMES.get(planned.device) ?? planned.device;
  return `${what.padEnd(8)} → ${name.padEnd(14)} ${stateOf(planned)}`;
}

function stateOf(planned: PlannedDevice): string {
  switch (planned.kind) {
    case 'ready':
      return 'ready';
    case 'needs-bundle':
      return `needs a bundle (session: ${planned.session})`;
    case 'refused':
      return `left out: ${planned.why}`;
  }
}
