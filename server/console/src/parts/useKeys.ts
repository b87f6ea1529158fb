import { useEffect, useRef } from "react";

const TYPING = "input, textarea, select, [contenteditable=true], .ant-modal, .ant-select-dropdown, .ant-image-preview";
const MOVING: readonly string[] = ["j", "k"];
const PRESSING = "button, a, [role=button], [role=tab], [role=radio], [role=combobox]";

/**
 * One key a decision: calls the action of a key that is pressed alone. Not while something is typed, a dialog or an
 * enlarged picture is open, nor for Enter on a control that Enter itself would press. A key that is held down moves along a
 * list, but decides only once.
 */
export function useKeys(actions: Readonly<Record<string, (() => void) | undefined>>): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
      const target = event.target instanceof Element ? event.target : null;
      if (target?.closest(TYPING) || document.querySelector(".ant-modal-wrap:not([style*='display: none']), .ant-image-preview")) return;
      if (event.key === "Enter" && target?.closest(PRESSING)) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const action = latest.current[key];
      if (action === undefined) return;
      event.preventDefault();
      if (event.repeat && !MOVING.includes(key)) return;
      action();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}
