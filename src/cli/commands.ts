/** All commands, in the order in which the overview shows them. */
import type { Command } from "./command.ts"

export interface CommandEntry {
  readonly name: string
  /** One line for the overview; starts with a lower-case letter, no full stop. */
  readonly summary: string
  readonly load: () => Promise<{ readonly command: Command }>
}

export interface CommandGroup {
  readonly title: string
  readonly commands: ReadonlyArray<CommandEntry>
}

export const commandGroups: ReadonlyArray<CommandGroup> = [
  {
    title: "Run an experiment",
    commands: [
      {
        name: "run",
        summary: "run what is not known yet",
        load: () => import("./commands/run.ts")
      },
      {
        name: "plan",
        summary: "say what would run, and why",
        load: () => import("./commands/plan.ts")
      },
      {
        name: "check",
        summary: "look for mistakes in a pipeline; run nothing",
        load: () => import("./commands/check.ts")
      },
      {
        name: "why",
        summary: "tell why a stage ran, or will run",
        load: () => import("./commands/why.ts")
      },
      {
        name: "status",
        summary: "what is known of each pipeline, and what runs now",
        load: () => import("./commands/status.ts")
      }
    ]
  },
  {
    title: "Look at results",
    commands: [
      {
        name: "runs",
        summary: "list the runs, newest first",
        load: () => import("./commands/runs.ts")
      },
      {
        name: "show",
        summary: "look at a result, or find where a picture came from",
        load: () => import("./commands/show.ts")
      },
      {
        name: "compare",
        summary: "the variants of a matrix side by side: table, curves, samples",
        load: () => import("./commands/compare.ts")
      },
      {
        name: "diff",
        summary: "compare two runs: parameters, code, results",
        load: () => import("./commands/diff.ts")
      },
      {
        name: "graph",
        summary: "draw the stages and what flows between them",
        load: () => import("./commands/graph.ts")
      },
      {
        name: "reproduce",
        summary: "execute known stages again and compare the bits",
        load: () => import("./commands/reproduce.ts")
      }
    ]
  },
  {
    title: "Write a pipeline",
    commands: [
      {
        name: "stages",
        summary: "the catalogue of stages: parameters, ports, an example",
        load: () => import("./commands/stages.ts")
      },
      {
        name: "init",
        summary: "write a first pipeline into this folder",
        load: () => import("./commands/init.ts")
      },
      {
        name: "schema",
        summary: "write the JSON Schema that editors complete pipelines by",
        load: () => import("./commands/schema.ts")
      }
    ]
  },
  {
    title: "Keep house",
    commands: [
      {
        name: "store stats",
        summary: "how much the store holds, and of what",
        load: () => import("./commands/store-stats.ts")
      },
      {
        name: "store gc",
        summary: "remove what no kept run, tag or pin reaches",
        load: () => import("./commands/store-gc.ts")
      },
      {
        name: "store verify",
        summary: "hash everything again, and repair what is damaged",
        load: () => import("./commands/store-verify.ts")
      },
      {
        name: "store pin",
        summary: "keep a run or a value whatever gc is told",
        load: () => import("./commands/store-pin.ts")
      },
      {
        name: "store unpin",
        summary: "let gc remove again what was pinned",
        load: () => import("./commands/store-unpin.ts")
      },
      {
        name: "store pins",
        summary: "list what is pinned or tagged",
        load: () => import("./commands/store-pins.ts")
      },
      {
        name: "store tag",
        summary: "give a run a second name, and keep it",
        load: () => import("./commands/store-tag.ts")
      },
      {
        name: "weights list",
        summary: "pretrained models: which are here, where, their licences",
        load: () => import("./commands/weights-list.ts")
      },
      {
        name: "weights get",
        summary: "download a pretrained model",
        load: () => import("./commands/weights-get.ts")
      },
      {
        name: "weights link",
        summary: "say where a pretrained model is already",
        load: () => import("./commands/weights-link.ts")
      },
      {
        name: "weights verify",
        summary: "hash the files of pretrained models again",
        load: () => import("./commands/weights-verify.ts")
      },
      {
        name: "doctor",
        summary: "check versions, engine, disk and store",
        load: () => import("./commands/doctor.ts")
      },
      {
        name: "completions",
        summary: "print completions for bash, zsh or fish",
        load: () => import("./commands/completions.ts")
      }
    ]
  }
]

export const commandEntries: ReadonlyArray<CommandEntry> = commandGroups.flatMap(
  (group) => group.commands
)

/** Called by ablate's own scripts; in no list for people. */
export const hiddenEntries: ReadonlyArray<CommandEntry> = [
  {
    name: "__complete",
    summary: "say what may come next on a command line",
    load: () => import("./commands/complete.ts")
  }
]
