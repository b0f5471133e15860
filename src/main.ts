import { quickStart } from './quickStart.ts';

quickStart();
const { start } = await import('./app/start.ts');
await start();
