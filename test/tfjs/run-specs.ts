/** Runs the bundled specs in this process and writes down what came of each. */
import { createRequire } from "node:module"
import Jasmine, { type FailedExpectation, type Reporter } from "jasmine"
import { setLink } from "./link.ts"

export interface Outcome {
  /** File, suites and spec without the backend, such as `ops/add: add A + B`. A few specs share one. */
  readonly name: string
  /** The file of specs, such as `ops/conv2d`. */
  readonly file: string
  /** `pending`: switched off in TensorFlow.js. */
  readonly status: "passed" | "failed" | "pending"
  readonly ms: number
  /** Kernels that ran, each with the number of calls. */
  readonly kernels: Readonly<Record<string, number>>
  /** Why it failed; empty when it did not. */
  readonly messages: ReadonlyArray<string>
}

export interface SpecRun {
  readonly outcomes: ReadonlyArray<Outcome>
  /** Errors outside of a spec, such as in preparing a suite: the specs themselves may have passed. */
  readonly errors: ReadonlyArray<string>
}

export interface How {
  readonly backend: string
  readonly dataSync: boolean
  /** Whether a spec is asked for, by its name. */
  readonly isWanted: (name: string) => boolean
  /** Whether a spec that is asked for must not run; it then counts as failed. */
  readonly isTooDangerous: (name: string) => boolean
  /** Called when a spec begins. */
  readonly begin: (name: string) => void
}

/** @param bundle path of a CommonJS file, as `bundleSuite` makes it; only one run a process */
export const runSpecs = async (bundle: string, how: How): Promise<SpecRun> => {
  const outcomes: Array<Outcome> = []
  const errors: Array<string> = []
  let kernels = new Map<string, number>()
  let file = ""

  const jasmine = new Jasmine()
  // Of its own accord Jasmine waits 5 s for a spec; a busy machine may need longer to build a session.
  Reflect.set(Reflect.get(globalThis, "jasmine") as object, "DEFAULT_TIMEOUT_INTERVAL", 60_000)
  nameFileInSuites(() => file)
  setLink({
    dataSync: how.dataSync,
    noteKernel: (name) => kernels.set(name, (kernels.get(name) ?? 0) + 1),
    enterFile: (name) => {
      file = name
    }
  })

  const nameOf = (fullName: string) => fullName.replace(` ${how.backend} {}`, "")
  const reporter: Reporter = {
    specStarted: ({ fullName }) => {
      kernels = new Map()
      how.begin(nameOf(fullName))
    },
    specDone: ({ duration, failedExpectations, fullName, status }) => {
      if (status === "excluded") return
      const name = nameOf(fullName)
      outcomes.push({
        name,
        file: fileOf(name),
        status,
        ms: duration ?? 0,
        kernels: Object.fromEntries(kernels),
        messages: failedExpectations.map(textOf)
      })
    },
    suiteDone: ({ failedExpectations, fullName }) => {
      errors.push(...failedExpectations.map((each) => `${nameOf(fullName)}: ${textOf(each)}`))
    },
    jasmineDone: ({ failedExpectations }) => {
      errors.push(...failedExpectations.map(textOf))
    }
  }

  jasmine.exitOnCompletion = false
  jasmine.env.configure({
    random: false,
    // Deprecated, but the suite has a few names twice.
    forbidDuplicateNames: false,
    specFilter: (spec) => {
      const name = nameOf(spec.getFullName())
      const specFile = fileOf(name)
      if (!how.isWanted(name)) return false
      if (!how.isTooDangerous(name)) return true
      const messages = ["not run: it would hang or end the process"]
      outcomes.push({ name, file: specFile, status: "failed", ms: 0, kernels: {}, messages })
      return false
    }
  })
  jasmine.clearReporters()
  jasmine.addReporter(reporter)
  jasmine.addSpecFile(bundle)
  await jasmine.execute()
  return { outcomes, errors: [...errors, ...secondCopies()] }
}

/** A backend that loads TensorFlow.js past the bundler would be tested with tensors of another class than its own. */
const secondCopies = () =>
  Object.keys(createRequire(import.meta.url).cache)
    .filter((file) => /[\\/]tfjs-core[\\/]dist[\\/]/.test(file))
    .map((file) => `a second copy of TensorFlow.js was loaded: ${file}`)

const fileOf = (name: string) => name.slice(0, name.indexOf(":"))

const textOf = ({ message, stack }: FailedExpectation) =>
  message === "" ? (stack ?? "no message") : message

type Describe = (name: string, body?: () => void) => unknown

/** Puts the file in front of the name of each outermost suite: names alone do not say where a spec is, nor are they unique. */
const nameFileInSuites = (file: () => string): void => {
  const describe = Reflect.get(globalThis, "describe") as Describe
  let depth = 0
  const named: Describe = (name, body) =>
    describe(
      depth === 0 ? `${file()}: ${name}` : name,
      body &&
        (() => {
          depth += 1
          try {
            body()
          } finally {
            depth -= 1
          }
        })
    )
  Reflect.set(globalThis, "describe", named)
}
