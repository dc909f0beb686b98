/** The plan of a send, line by line: who gets the message, for whom a bundle is missing, and who is left out. */
import type { FanoutPlan, PlannedDevice } from 'polyratchet/fanout';

/** The lines that show a plan. */
export function describePlan(plan: FanoutPlan): readonly string[] {
  const { from, chat, recipients, ownDevices, participantHash } = plan;
  return [
    `plan: ${from} → ${chat}, participant hash ${participantHash}`,
    ...recipients.map((device) => `  to   ${describeDevice(device)}`),
    ...ownDevices.map((device) => `  copy ${describeDevice(device)}`),
  ];
}

function describeDevice(planned: PlannedDevice): string {
  switch (planned.kind) {
    case 'ready':
      return `${planned.device}: ready`;
    case 'needs-bundle':
      return `${planned.device}: needs a bundle (session: ${planned.session})`;
    case 'refused':
      return `${planned.device}: left out (${planned.why})`;
  }
}
