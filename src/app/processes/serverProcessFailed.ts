/** Server processes can't be kept alive; the message says why, as far as one of them could. */
export class ServerProcessFailed extends Error {
  override readonly name = 'ServerProcessFailed';
}
