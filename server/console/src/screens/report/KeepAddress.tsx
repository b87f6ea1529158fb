import { CopyOutlined } from "@ant-design/icons";
import { App, Button, Input } from "antd";
import { useState } from "react";
import { useSpeech } from "../../i18n/language";

/** Copies the page's address; where the browser does not let it (plain HTTP, a refusal), shows it to copy by hand. */
export function KeepAddress() {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const [refused, setRefused] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(window.location.href);
      void message.success(t("follow.copied"));
    } catch {
      setRefused(true);
    }
  };
  return (
    <section className="card keep-address">
      <p className="report-note">{t("follow.keep")}</p>
      <Button block icon={<CopyOutlined />} onClick={() => void copy()}>{t("follow.copy")}</Button>
      {refused && (
        <>
          <p className="report-note" role="status">{t("follow.not_copied")}</p>
          <Input
            readOnly autoFocus size="large" aria-label={t("follow.address")} value={window.location.href}
            onFocus={(focus) => focus.target.select()}
          />
        </>
      )}
    </section>
  );
}
