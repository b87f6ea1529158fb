import "./mending.css";
import { useState } from "react";
import { useSplittable } from "../../../api/useMends";
import type { CaseDetail } from "../../../api/types";
import { useSpeech } from "../../../i18n/language";
import { KeyButton } from "../../../parts/KeyButton";
import { useKeys } from "../../../parts/useKeys";
import { MergeDialog } from "./MergeDialog";
import { SplitDialog } from "./SplitDialog";

/** Says that a case and another one are one problem, or that it is two, to whom the state table lets do it. */
export function MendSteps({ one }: { one: CaseDetail }) {
  const { t } = useSpeech();
  const [open, setOpen] = useState<"merge" | "split" | null>(null);
  const merges = one.allowed.includes("split");
  const splits = useSplittable(one, merges).length > 1 && merges;
  useKeys({
    ...(merges ? { m: () => setOpen("merge") } : {}),
    ...(splits ? { t: () => setOpen("split") } : {}),
  });
  const close = () => setOpen(null);
  return (
    <>
      {merges && <KeyButton hotkey="m" onClick={() => setOpen("merge")}>{t("merge.open")}</KeyButton>}
      {splits && <KeyButton hotkey="t" onClick={() => setOpen("split")}>{t("split.open")}</KeyButton>}
      {open === "merge" && <MergeDialog one={one} onDone={close} />}
      {open === "split" && <SplitDialog one={one} onDone={close} />}
    </>
  );
}
