/** What the runner uses of Jasmine, which has no types of its own. */
declare module "jasmine" {
  export interface FailedExpectation {
    readonly message: string
    readonly stack?: string
  }

  export interface SpecResult {
    readonly fullName: string
    readonly status: "passed" | "failed" | "pending" | "excluded"
    readonly failedExpectations: ReadonlyArray<FailedExpectation>
    /** Milliseconds. */
    readonly duration: number | null
  }

  export interface SuiteResult {
    readonly fullName: string
    readonly failedExpectations: ReadonlyArray<FailedExpectation>
  }

  export interface Reporter {
    readonly specStarted?: (spec: SpecResult) => void
    readonly specDone?: (spec: SpecResult) => void
    readonly suiteDone?: (suite: SuiteResult) => void
    /** Errors outside of any suite are in here. */
    readonly jasmineDone?: (run: SuiteResult) => void
  }

  export interface Env {
    readonly configure: (configuration: {
      readonly random?: boolean
      readonly forbidDuplicateNames?: boolean
      readonly specFilter?: (spec: { readonly getFullName: () => string }) => boolean
    }) => void
  }

  export default class Jasmine {
    constructor(options?: { readonly projectBaseDir?: string })
    readonly env: Env
    exitOnCompletion: boolean
    loader: { readonly load: (path: string) => Promise<unknown> }
    addSpecFile(path: string): void
    addReporter(reporter: Reporter): void
    clearReporters(): void
    execute(): Promise<unknown>
  }
}
