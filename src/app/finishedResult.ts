import type { ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';

const finished = Symbol('finished result');

/** For the context of a request whose operation has been executed already. */
export const withResult = (result: ExecutionResult) => ({ [finished]: result });

/** Lets Yoga put such a result into an answer: statuses and bodies of errors are made in one place. */
export const finishedResultPlugin: Plugin = {
  onParams({ context, setResult }) {
    const result = (context as { [finished]?: ExecutionResult })[finished];
    if (result !== undefined) setResult(result as never);
  },
};
