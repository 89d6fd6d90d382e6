import { type Container, type TensorFunction } from "./backend/containers.ts"
import { callUntraced } from "./backend/untraced.ts"
import { tf } from "./tf.ts"

/** A backend that can trace a function. */
interface Compiling {
  readonly compile: (fn: TensorFunction) => TensorFunction
}

/**
 * The function `fn` of tensors, made fast to call again and again: on the onnx engine it is run once for each arrangement of
 * its arguments (shapes, types, plain values) to record what it computes, and from then on only its recording is played back,
 * in one session. On other engines, within a gradient and within another compiled function it is called as it is.
 *
 * `fn` takes and returns tensors, plain values, and arrays and records of them, and may read and assign variables that
 * existed before; a variable among the arguments is a mere tensor to it. What it does beside that happens only when it is
 * recorded: a number that it computes in JavaScript stays what it was then, so a learning rate or a step comes in as a
 * tensor. It cannot read values (`dataSync`) that depend on its arguments or on variables, and makes and disposes no variables;
 * these are errors. Tensors from outside keep the values that they had when it was recorded. The results belong to the caller.
 */
export const compile = <Args extends ReadonlyArray<unknown>, Result>(
  fn: (...args: Args) => Result
): ((...args: Args) => Result) => {
  const plain = fn as unknown as TensorFunction
  const compiled = new WeakMap<object, TensorFunction>()
  const forBackend = (): TensorFunction => {
    const backend = tf.backend()
    const known = compiled.get(backend)
    if (known !== undefined) return known
    const made = isCompiling(backend)
      ? backend.compile(plain)
      : (...args: ReadonlyArray<Container>) => callUntraced(tf, plain, args)
    compiled.set(backend, made)
    return made
  }
  return (...args) => forBackend()(...(args as ReadonlyArray<Container>)) as Result
}

const isCompiling = (backend: object): backend is Compiling =>
  typeof (backend as Partial<Compiling>).compile === "function"
