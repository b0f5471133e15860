import { explainFailure } from '../src/app/explainFailure.ts';

/** Prints what the work came to, or why it did not, in a sentence; exit code 1 then. */
export async function runScript(work: () => Promise<string>): Promise<void> {
  try {
    console.log(await work());
  } catch (error) {
    // What its reader can mend is said in a sentence; anything else keeps its stack.
    console.error(explainFailure(error) ?? error);
    process.exitCode = 1;
  }
}
