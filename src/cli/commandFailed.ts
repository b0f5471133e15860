/** A command that cannot go on; its message says what to do, and the exit code is 1. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}
