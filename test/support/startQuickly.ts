import { quickStart } from '../../src/quickStart.ts';

// For the processes that vitest runs test files in: they load the same modules as the server.
quickStart();
