/**
 * What the runner and the bundle of specs say to each other. They live in one process, but the bundle is built from its own
 * copies of modules, so they meet on `globalThis`.
 */
export interface Link {
  /** Whether the specs that read values with `dataSync` are to be registered. */
  readonly dataSync: boolean
  /** Called by the bundle for each kernel that is run. */
  readonly noteKernel: (kernelName: string) => void
  /** Called by the bundle before a file of specs registers its suites, with a name such as `ops/conv2d`. */
  readonly enterFile: (file: string) => void
}

/** The key below which the link lies on `globalThis`; the bundler writes it into the specs. */
export const linkKey = "ablate.tfjs-suite"

export const setLink = (link: Link): void => {
  Reflect.set(globalThis, Symbol.for(linkKey), link)
}

/** @throws Error outside of a run of the suite */
export const link = (): Link => {
  const found: unknown = Reflect.get(globalThis, Symbol.for(linkKey))
  if (found === undefined) throw new Error("this module only works inside a run of the suite")
  return found as Link
}
