import { Button, type ButtonProps } from "antd";

/** A button that shows the key that does the same. */
export function KeyButton({ hotkey, children, ...rest }: ButtonProps & { hotkey?: string | undefined }) {
  return (
    <Button {...rest} {...(hotkey === undefined ? {} : { "aria-keyshortcuts": hotkey })}>
      {children}
      {hotkey !== undefined && <kbd aria-hidden="true">{hotkey === "Enter" ? "↵" : hotkey.toUpperCase()}</kbd>}
    </Button>
  );
}
