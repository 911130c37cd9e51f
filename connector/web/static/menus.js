// The menus of the bar open and close without any script. With one they also close as menus do elsewhere: by Escape, by
// a click beside them, and when the keyboard moves on.
(() => {
  "use strict";
  const open = () => document.querySelectorAll(".bar-top details.menu[open]");

  const closeAllBut = (kept) => {
    for (const menu of open()) if (!menu.contains(kept)) menu.open = false;
  };

  document.addEventListener("click", (event) => closeAllBut(event.target));
  document.addEventListener("focusin", (event) => closeAllBut(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      const held = menu.contains(document.activeElement);
      menu.open = false;
      if (held) menu.querySelector("summary").focus();
    }
  });
  // A page that is gone back to shows itself as it was left: without an open menu.
  window.addEventListener("pagehide", () => closeAllBut(null));
})();
