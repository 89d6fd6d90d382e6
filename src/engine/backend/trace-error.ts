import { UserError } from "../../base/user-error.ts"

/** Somebody asked, in a traced function or after it, for a value that only each run has. */
export class TraceError extends UserError {}

export const readInTrace = (): TraceError =>
  new TraceError(
    "compile(): the function read the value of a tensor that depends on its arguments or on a variable. " +
      "It is traced once, without values: compute with tensors, and return what you want to read."
  )

export const leftTrace = (): TraceError =>
  new TraceError(
    "compile(): a tensor that was made while a function was traced was used after the trace, where it has no value. " +
      "Return it from the function instead of keeping it."
  )
