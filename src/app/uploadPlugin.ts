import type { Plugin } from 'graphql-yoga';
import type { ServerContext } from './operationPlugin.ts';

/** Hands on the operation that http.ts has read out of a multipart form; its body is used up. */
export function uploadPlugin(): Plugin<object, ServerContext> {
  return {
    onRequestParse({ serverContext, setRequestParser }) {
      const { uploaded } = serverContext;
      if (uploaded !== undefined) setRequestParser(() => uploaded);
    },
  };
}
