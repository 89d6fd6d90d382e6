/**
 * Lets the stages of a project import `ablate`, and the packages that ablate brings along, wherever the project lies:
 * beside a checkout, below a folder that ablate is installed in, or with an ablate that is installed for all.
 */
import { registerHooks } from "node:module"

/** What `import ... from "ablate"` means: the ablate that is running, so that there are never two of them. */
const ablateEntry: string = new URL(
  import.meta.url.endsWith(".ts") ? "../index.ts" : "../index.js",
  import.meta.url
).href

let registered = false

/** To be called before a stage's module is imported; once is enough for a process. */
export const letStagesImportAblate = (): void => {
  if (registered) return
  registered = true
  registerHooks({
    resolve: (specifier, context, nextResolve) => {
      if (specifier === "ablate") return nextResolve(ablateEntry, context)
      try {
        return nextResolve(specifier, context)
      } catch (error) {
        if (!isPackage(specifier) || !isNotFound(error)) throw error
        try {
          return nextResolve(specifier, { ...context, parentURL: ablateEntry })
        } catch {
          // The first message names the file of the project.
          throw error
        }
      }
    }
  })
}

const isPackage = (specifier: string): boolean => !/^[./#]|^[a-z]+:/.test(specifier)

const isNotFound = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND"
