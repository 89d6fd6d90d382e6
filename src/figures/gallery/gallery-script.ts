/**
 * What a gallery does in a browser: turns anagrams. Text, since it is not run here. An address that ends in `#turned` shows them
 * turned from the start.
 */
export const galleryScript = `"use strict";
(() => {
  const all = (selector, from) => [...from.querySelectorAll(selector)];
  const isTurned = (button) => button.getAttribute("aria-pressed") === "true";
  const turn = (button, turned) => button.setAttribute("aria-pressed", String(turned));

  for (const section of all(".anagrams", document)) {
    const buttons = all(".turn", section);
    const every = section.querySelector(".turn-all");
    const tell = () => turn(every, buttons.every(isTurned));
    for (const button of buttons) {
      if (section.dataset.turn === "fade") {
        const over = button.closest("figure").querySelector(".seen").cloneNode();
        over.classList.replace("seen", "over");
        over.alt = "";
        button.append(over);
      }
      button.disabled = false;
      button.addEventListener("click", () => {
        turn(button, !isTurned(button));
        tell();
      });
    }
    every.addEventListener("click", () => {
      const turned = !isTurned(every);
      for (const button of buttons) turn(button, turned);
      tell();
    });
    if (location.hash === "#turned") every.click();
    for (const shy of all(".controls, .hint", section)) shy.hidden = false;
  }
})();
`
