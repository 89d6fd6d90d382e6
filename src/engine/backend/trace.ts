/** Records what a function of tensors computes, by running it once on placeholders. */
import type { Tensor, TensorInfo, Variable } from "@tensorflow/tfjs"
import { type Program, programOf } from "../graph/program.ts"
import { type Spec, Value } from "../graph/value.ts"
import { type TensorFlow } from "../tfjs.ts"
import { type Container, type TensorFunction, flatten, refill } from "./containers.ts"
import { refuseAsync } from "./untraced.ts"

/** What tracing needs of the backend. */
export interface TracingBackend {
  readonly tracing: <A>(body: () => A) => A
  readonly computePending: () => void
  readonly valueOf: (tensor: TensorInfo) => Value
  readonly adopt: (value: Value) => TensorInfo
}

/** What a value of a trace is at a replay. */
export type Source =
  | { readonly from: "argument"; readonly index: number }
  | { readonly from: "variable"; readonly variable: Variable }
  | { readonly from: "constant"; readonly value: Value }
  /** The result `index` of the program. */
  | { readonly from: "program"; readonly index: number; readonly spec: Spec }

export interface Trace {
  readonly program: Program
  /** Of each leaf of the program. */
  readonly leaves: ReadonlyArray<Source>
  /** What the function returned, with tensors of the trace. */
  readonly returned: Container
  /** Of each tensor in `returned`. */
  readonly results: ReadonlyArray<Source>
  /** The variables that the function assigned, with their new values. */
  readonly assigned: ReadonlyArray<{ readonly variable: Variable; readonly source: Source }>
}

/**
 * Runs `fn` once. Meanwhile variables hold placeholders, and afterwards what they held before: a trace changes nothing.
 *
 * @param given the tensors in `args`, in order
 * @param isConstant which of them stay themselves
 * @throws TraceError when `fn` reads a value that depends on an argument or on a variable
 * @throws TypeError when it is asynchronous, or makes or disposes a variable
 */
export const traceOf = (
  tf: TensorFlow,
  backend: TracingBackend,
  fn: TensorFunction,
  args: ReadonlyArray<Container>,
  given: ReadonlyArray<Tensor>,
  isConstant: (tensor: Tensor) => boolean
): Trace => {
  // What was recorded before must not become part of the trace.
  backend.computePending()
  const sources = new Map<Value, Source>()
  const placeholder = (tensor: Tensor, source: Source): Value => {
    const value = Value.placeholder(backend.valueOf(tensor))
    sources.set(value, source)
    return value
  }
  // Variables of strings and of complex numbers stay themselves.
  const variables = variablesOf(tf)
    .filter(({ dtype }) => dtype !== "string" && dtype !== "complex64")
    .map((variable) => ({
      variable,
      before: placeholder(variable, { from: "variable", variable })
    }))
  const operands = given.map((tensor, index) =>
    isConstant(tensor) ? backend.valueOf(tensor) : placeholder(tensor, { from: "argument", index })
  )
  const isTensor = (value: unknown): value is Tensor => value instanceof tf.Tensor
  const tensorOf = (value: Value): Tensor =>
    tf.engine().makeTensorFromTensorInfo(backend.adopt(value))

  const { assigned, results, returned } = asIfNever(tf, () => {
    for (const { before, variable } of variables) variable.assign(tensorOf(before))
    let next = 0
    const placed = refill(args, isTensor, () => tensorOf(operands[next++]!))
    const returned = backend.tracing(() => fn(...(placed as ReadonlyArray<Container>)))
    refuseAsync(returned)
    const { tensors } = flatten(returned, isTensor)
    const disposed = variables.find(({ variable }) => variable.isDisposed)
    if (disposed !== undefined) {
      throw new TypeError(`compile(): the function disposed the variable ${disposed.variable.name}`)
    }
    return {
      returned,
      results: tensors.map((tensor) => backend.valueOf(tensor)),
      assigned: variables.flatMap(({ before, variable }) => {
        const value = backend.valueOf(variable)
        return value === before ? [] : [{ variable, value }]
      })
    }
  })
  const pending = [...new Set([...results, ...assigned.map(({ value }) => value)])].filter(
    ({ producer }) => producer !== undefined
  )
  for (const [index, value] of pending.entries()) {
    const { dtype, shape } = value
    sources.set(value, { from: "program", index, spec: { dtype, shape } })
  }
  const sourceOf = (value: Value): Source => sources.get(value) ?? { from: "constant", value }
  const program = programOf(pending)
  return {
    program,
    leaves: program.leaves.map(sourceOf),
    returned,
    results: results.map(sourceOf),
    assigned: assigned.map(({ value, variable }) => ({ variable, source: sourceOf(value) }))
  }
}

/**
 * Runs `body` and takes back what it did to variables and memory.
 *
 * @throws TypeError when it makes a variable
 */
const asIfNever = <A>(tf: TensorFlow, body: () => A): A => {
  const before = variablesOf(tf)
  const engine = tf.engine()
  engine.startScope("trace")
  const held = before.map((variable) => variable.clone())
  try {
    const result = body()
    const made = variablesOf(tf).find((variable) => !before.includes(variable))
    if (made === undefined) return result
    throw new TypeError(
      `compile(): the function made the variable ${made.name}; make variables before it is called`
    )
  } finally {
    for (const [index, variable] of before.entries()) {
      if (!variable.isDisposed) variable.assign(held[index]!)
    }
    for (const variable of variablesOf(tf)) if (!before.includes(variable)) variable.dispose()
    engine.endScope()
  }
}

const variablesOf = (tf: TensorFlow): ReadonlyArray<Variable> =>
  Object.values(tf.engine().registeredVariables)
