/** What a message is made from: the decision of a run, with everything said beside it. */
import type { Bundle } from '../../policy/bundle.ts';
import type { Confirmation } from '../../snapshot/caution.ts';
import type { OwnCommand } from '../../text/own-command.ts';
import type { Decision } from '../incident/decide.ts';
import type { Mute } from '../incident/mute.ts';
import type { RunFacts, VantageState } from '../incident/run-facts.ts';
import type { Verdicts } from './headline.ts';

export interface AlertInput {
  readonly decision: Decision;
  /** Today's verdicts, the second look's where there was one. */
  readonly verdicts: Verdicts;
  readonly bundle: Bundle;
  readonly mutes: readonly Mute[];
  /** Absent where nothing was confirmed. */
  readonly confirmations?: readonly Confirmation[];
  readonly vantage: VantageState;
  readonly run: RunFacts;
  readonly now: number;
  /** Absent: every flag has its default. */
  readonly own?: OwnCommand;
}
