/** The store's promises on disk, and on dynalite, whose rules are DynamoDB's as somebody else read them. */
import { describeStore } from './contract.ts';
import { startDynalite } from './dynalite.ts';
import { storeOnDisk } from './on-disk.ts';

describeStore('store on disk', storeOnDisk);
describeStore('dynalite', () => startDynalite('contract'));
