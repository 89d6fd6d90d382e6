/**
 * The command line's own vocabulary: what a command declares, and what it is given when it runs.
 *
 * A command is one file in `commands/` that exports `command`, and one line in `commands.ts` that names it; its module is
 * imported only when it is called. This room parses, asks the rooms below, and prints; it decides nothing about
 * pipelines.
 */
import { engineChoices } from "../engine/provider/engine.ts"
import type { Flags } from "./parse.ts"
import type { Terminal } from "./terminal.ts"

export interface Flag {
  /** Long name, without its dashes. */
  readonly name: string
  /** One letter. */
  readonly short?: string
  /** Placeholder of its value, `N` or `a.b=1`; a flag without one is a switch. */
  readonly value?: string
  /** The values that it may have; anything else is a wrong call. Completions offer them. */
  readonly choices?: ReadonlyArray<string>
  /** May be given several times; otherwise the last one counts. */
  readonly repeatable?: boolean
  /** Starts with a lower-case letter, no full stop. */
  readonly summary: string
}

export interface FlagGroup {
  readonly title: string
  readonly flags: ReadonlyArray<Flag>
}

export interface Example {
  /** A whole line, `ablate run quickstart -j 2`. */
  readonly line: string
  readonly note: string
}

export interface Command {
  /** As in `commands.ts`: `run`, or two words, `store gc`. */
  readonly name: string
  /** What follows `ablate`, one entry a form: `run [FILE] [STAGE...]`. */
  readonly usage: ReadonlyArray<string>
  /** One or more paragraphs, parted by an empty line; wrapped when printed. */
  readonly description: string
  /** Its own flags; those in `globalFlags` come by themselves. */
  readonly flags: ReadonlyArray<FlagGroup>
  readonly examples: ReadonlyArray<Example>
  /** How many positional arguments it takes; more or fewer is a wrong call. */
  readonly args: { readonly min: number; readonly max: number }
  /**
   * @returns the exit code: 0 done, 1 a stage failed or a comparison differs, 130 or 143 interrupted
   * @throws UserError, or PipelineInvalid, for what the user can mend; anything else is a bug and is printed as one
   */
  readonly run: (context: CommandContext) => Promise<number>
}

export interface CommandContext {
  readonly name: string
  /** Positional arguments after the command's name. */
  readonly args: ReadonlyArray<string>
  readonly flags: Flags
  readonly env: NodeJS.ProcessEnv
  /** The working directory after `-C`, absolute. Paths on the command line are relative to it. */
  readonly cwd: string
  /** Results: standard output. */
  readonly out: Terminal
  /** Progress, warnings and errors: standard error. */
  readonly err: Terminal
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  /** Absolute path of the `stages/` folder that ablate itself brings. */
  readonly ownStages: string
  /** Writes one JSON document, `{version, command, ...body}`, to standard output. */
  readonly printJson: (body: object) => void
}

/** Understood by every command. */
export const globalFlags: FlagGroup = {
  title: "Everywhere",
  flags: [
    { name: "directory", short: "C", value: "DIR", summary: "work as if started in DIR" },
    {
      name: "store",
      value: "DIR",
      summary: "where values are kept (default: artifacts/ of the project)"
    },
    {
      name: "results",
      value: "DIR",
      summary: "where files for people are laid out (default: results/)"
    },
    {
      name: "engine",
      value: "NAME",
      choices: engineChoices,
      summary: "what computes tensors: auto, cpu, cuda, webgpu, … (see doctor)"
    },
    { name: "profile", value: "NAME", summary: "take settings from this profile of ablate.yaml" },
    { name: "json", summary: "print one JSON document instead of text" },
    { name: "quiet", short: "q", summary: "print only errors and results" },
    { name: "verbose", short: "v", summary: "print more, such as stages that are known" },
    { name: "no-color", summary: "print without colours" },
    { name: "help", short: "h", summary: "print this help" },
    { name: "version", summary: "print the version" }
  ]
}

/** For commands that read a pipeline (`openPipeline` in `pipeline.ts` understands them). */
export const pipelineFlags: FlagGroup = {
  title: "Pipeline",
  flags: [
    {
      name: "set",
      short: "S",
      value: "a.b=1",
      repeatable: true,
      summary: "set a value of the pipeline, such as params.seed=7"
    },
    {
      name: "params",
      value: "FILE",
      repeatable: true,
      summary: "take params from a YAML or JSON file"
    },
    {
      name: "allow-path",
      value: "DIR",
      repeatable: true,
      summary: "let the pipeline name files below DIR, outside the project"
    }
  ]
}

/** For commands that work on a part of a pipeline (`selectionOf` in `pipeline.ts` understands them). */
export const selectionFlags: FlagGroup = {
  title: "Selection",
  flags: [
    { name: "until", value: "STAGE", repeatable: true, summary: "STAGE and all that it needs" },
    {
      name: "from",
      value: "STAGE",
      repeatable: true,
      summary: "STAGE and all that comes after it"
    },
    {
      name: "only",
      value: "STAGE",
      repeatable: true,
      summary: "exactly STAGE; what it needs must be known"
    }
  ]
}
