/** The specs print tables, deprecations and warnings that they provoke; none of it says whether they pass. */

const methods = ["log", "info", "warn", "error", "debug"] as const

/** Calls `body` with a `console` that prints nothing until it is done. */
export const withoutOutput = async <A>(body: () => Promise<A>): Promise<A> => {
  const before = methods.map((method) => console[method])
  for (const method of methods) console[method] = () => undefined
  try {
    return await body()
  } finally {
    methods.forEach((method, index) => (console[method] = before[index]!))
  }
}
