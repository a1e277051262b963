/** What a message is made from: the decision of a run, with everything said beside it. */
import type { Bundle } from '../../policy/bundle.ts';
import type { Confirmation } from '../../snapshot/caution.ts';
import type { OwnCommand } from '../../text/own-command.ts';
import type { Decision } from '../incident/decide.ts';
import type { Mute } from '../incident/mute.ts';
import type { RunFacts, VantageState } from '../incident/run-facts.ts';
import type { StsItem } from '../sts/grouped.ts';
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
  /** What is to be said of MTA-STS policies; absent where they were not looked at. */
  readonly sts?: StsNews;
  /** Absent: every flag has its default. */
  readonly own?: OwnCommand;
}

export interface StsNews {
  /** Worst first; those that are not `isNews` come beside other news alone. */
  readonly items: readonly StsItem[];
  /** Told before and still so, a line each. */
  readonly open: readonly string[];
  /** So many web servers were asked for policies, and none was reached; else absent. */
  readonly unreached?: number;
}
