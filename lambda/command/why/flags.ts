/** What `why` may be asked with. */
import type { BundleFlags } from '../flags.ts';
import type { PlaceFlags } from '../place.ts';

export interface WhyFlags
  extends PlaceFlags,
    Pick<BundleFlags, 'configDirectory' | 'service' | 'mainCf' | 'transport' | 'postfixVersion'> {
  readonly table?: string;
  /** `journal`. */
  readonly log?: string;
  /** True: ask postqueue; a path: its output. */
  readonly queue?: string | true;
  readonly json?: boolean;
}
