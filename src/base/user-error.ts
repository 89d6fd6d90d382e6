/**
 * A mistake that the user can mend: bad input, a missing file, a full disk.
 *
 * It is printed as one message and a hint, without a stack trace. Anything else that is thrown is a bug of ours and
 * is shown with its stack.
 */
export class UserError extends Error {
  override readonly name = "UserError"
  /** What to do about it, as one sentence; printed below the message. */
  readonly hint: string | undefined
  /** The process's exit code: 2 when the call or the pipeline is wrong, 1 when work failed. */
  readonly exitCode: 1 | 2

  constructor(
    message: string,
    options: { readonly hint?: string; readonly exitCode?: 1 | 2; readonly cause?: unknown } = {}
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.hint = options.hint
    this.exitCode = options.exitCode ?? 2
  }
}
