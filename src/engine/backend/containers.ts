/** Tensors in arrays and records, as functions take and return them. */
import type { Tensor } from "@tensorflow/tfjs"

export type Container =
  | Tensor
  | number
  | string
  | boolean
  | null
  | undefined
  | void
  | ReadonlyArray<Container>
  | { readonly [name: string]: Container }

/** A function of containers. */
export type TensorFunction = (...args: ReadonlyArray<Container>) => Container

type IsTensor = (value: unknown) => value is Tensor

/**
 * What a container looks like: a text that is the same for two containers of the same arrangement, with tensors of the
 * same shape and type and with the same numbers and strings; and its tensors in order.
 *
 * @param extra what else of a tensor is to be part of the text
 * @throws TypeError for anything that is neither a tensor, an array, a plain object nor a plain value
 */
export const flatten = (
  container: Container,
  isTensor: IsTensor,
  extra: (tensor: Tensor) => string = () => ""
): { readonly key: string; readonly tensors: ReadonlyArray<Tensor> } => {
  const tensors: Array<Tensor> = []
  const walk = (value: Container): string => {
    if (isTensor(value)) {
      tensors.push(value)
      return `${value.dtype}[${value.shape.join()}]${extra(value)}`
    }
    if (Array.isArray(value)) return `[${value.map(walk).join()}]`
    switch (typeof value) {
      case "object":
        return value === null ? "null" : record(value as { readonly [name: string]: Container })
      case "string":
        return JSON.stringify(value)
      case "number":
        return Object.is(value, -0) ? "-0" : `${value}`
      case "boolean":
      case "undefined":
        return `${value}`
      default:
        throw new TypeError(`compile() takes no ${typeof value} as an argument or result`)
    }
  }
  const record = (value: { readonly [name: string]: Container }): string => {
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) {
      throw new TypeError("compile() takes tensors, plain values, and arrays and records of them")
    }
    const fields = Object.entries(value).map(
      ([name, item]) => `${JSON.stringify(name)}:${walk(item)}`
    )
    return `{${fields.join()}}`
  }
  return { key: walk(container), tensors }
}

/** The same container with other tensors. Called in the order in which `flatten` gives the tensors. */
export const refill = (
  container: Container,
  isTensor: IsTensor,
  change: (tensor: Tensor) => Tensor
): Container => {
  if (isTensor(container)) return change(container)
  if (Array.isArray(container)) {
    return container.map((item) => refill(item as Container, isTensor, change))
  }
  if (typeof container === "object" && container !== null) {
    return Object.fromEntries(
      Object.entries(container).map(([name, item]) => [name, refill(item, isTensor, change)])
    )
  }
  return container
}
