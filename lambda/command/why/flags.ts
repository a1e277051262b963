/** What `why` may be asked with. */
import type { BundleFlags, PatienceFlags, ProbeFlags } from '../flags.ts';
import type { PlaceFlags } from '../place.ts';

export interface WhyFlags
  extends PlaceFlags,
    ProbeFlags,
    PatienceFlags,
    Omit<BundleFlags, 'destination' | 'destinations'> {
  readonly table?: string;
  /** `journal`. */
  readonly log?: string;
  /** True: ask postqueue; a path: its output. */
  readonly queue?: string | true;
  /** Look at each next hop today. */
  readonly live?: boolean;
  readonly json?: boolean;
}
