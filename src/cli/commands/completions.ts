/** `ablate completions SHELL`: prints the script that a shell loads. */
import { UserError } from "../../base/user-error.ts"
import { nearest } from "../../base/nearest.ts"
import type { Command } from "../command.ts"
import { scriptFor, shells, type Shell } from "../completions/scripts.ts"

export const command: Command = {
  name: "completions",
  usage: ["completions bash|zsh|fish"],
  description: `Prints a script that teaches your shell to complete ablate's commands, flags and values: pipelines, stages, runs.

The script asks ablate itself at each TAB, so it need not be made again when ablate or the project changes.`,
  flags: [],
  examples: [
    { line: "source <(ablate completions bash)", note: "in ~/.bashrc" },
    { line: "source <(ablate completions zsh)", note: "in ~/.zshrc, after compinit" },
    {
      line: "ablate completions fish > ~/.config/fish/completions/ablate.fish",
      note: "once, for fish"
    }
  ],
  args: { min: 1, max: 1 },
  run: async ({ args, out, json, printJson }) => {
    const [name = ""] = args
    if (!isShell(name)) {
      const close = nearest(name, shells)
      throw new UserError(`there are no completions for ${name}`, {
        hint: close === undefined ? `shells are ${shells.join(", ")}` : `did you mean ${close}?`
      })
    }
    if (json) printJson({ shell: name, script: scriptFor(name) })
    else out.write(scriptFor(name))
    return 0
  }
}

const isShell = (name: string): name is Shell => (shells as ReadonlyArray<string>).includes(name)
