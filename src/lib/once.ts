/** What `read` answered the first time, however often it is called. */
export function once<T extends object>(read: () => T): () => T {
  let answer: T | undefined;
  return () => {
    answer ??= read();
    return answer;
  };
}
