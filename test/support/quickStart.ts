import { quickStart } from '../../src/quickStart.ts';

// Before anything else is loaded in a worker, as in src/main.ts.
quickStart();
