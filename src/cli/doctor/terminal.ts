/** What the reader's terminal can show. */
import { pictureProtocol } from "../../report/picture/terminal.ts"
import type { CommandContext } from "../command.ts"
import type { Finding } from "./check.ts"

const protocols = {
  kitty: "pictures by the kitty protocol",
  iterm2: "pictures by iTerm2's protocol",
  blocks: "pictures as coloured half blocks",
  none: "no pictures"
} as const

export const checkTerminal = ({ out, env }: CommandContext): ReadonlyArray<Finding> => {
  const protocol = pictureProtocol(env, out.interactive)
  const place = out.interactive
    ? `${env["TERM"] ?? "terminal"}, ${out.columns} columns`
    : "not a terminal"
  const colors = out.color ? "colours" : "no colours"
  return [
    { name: "terminal", status: "ok", text: `${place}; ${colors}; ${protocols[protocol]}` },
    ...(out.interactive && protocol === "none"
      ? [
          {
            name: "pictures",
            status: "note" as const,
            text: "`show` prints numbers only here",
            hint: "a terminal with 24-bit colours says COLORTERM=truecolor; ABLATE_PICTURES=blocks asks for them anyway"
          }
        ]
      : [])
  ]
}
