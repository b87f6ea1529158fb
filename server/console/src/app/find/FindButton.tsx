import { SearchOutlined } from "@ant-design/icons";
import { useState } from "react";
import { useSpeech } from "../../i18n/language";
import { KeyButton } from "../../parts/KeyButton";
import { useKeys } from "../../parts/useKeys";
import { FindDialog } from "./FindDialog";

/** Leads from any screen to a case whose number somebody reads out. */
export function FindButton() {
  const { t } = useSpeech();
  const [open, setOpen] = useState(false);
  const ask = () => setOpen(true);
  useKeys({ "/": ask });
  return (
    <>
      <KeyButton className="find" type="text" icon={<SearchOutlined />} hotkey="/" aria-label={t("find.title")} title={t("find.title")} onClick={ask} />
      {open && <FindDialog onDone={() => setOpen(false)} />}
    </>
  );
}
