import { LogoutOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { App, Button, Modal, Tooltip } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { answered, api } from "../api/client";
import { Problem } from "../api/problem";
import { useMe } from "../api/useMe";
import { useSpeech } from "../i18n/language";
import { forgetAtHand } from "../offline/atHand";
import { useOutbox } from "../outbox/useOutbox";
import { forgetDrafts } from "../parts/useDraft";
import { useProblemText } from "../parts/useProblemText";

/** Signs out; first asks what becomes of photos that wait on this phone. */
export function SignOut() {
  const { t } = useSpeech();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const said = useProblemText();
  const { data: me } = useMe();
  const { unsent, drop } = useOutbox();
  const [asking, setAsking] = useState(false);

  const signOut = async (after: () => Promise<unknown>) => {
    setAsking(false);
    try {
      await answered(api.DELETE("/api/session"));
    } catch (error) {
      const ended = error instanceof Problem && error.status === 401;
      if (!ended) {
        // The session still holds: whoever goes away now must not believe that it does not.
        void message.error(said(error));
        return;
      }
    }
    await after();
    if (me !== undefined) forgetDrafts(me.id);
    queries.clear();
    await forgetAtHand().catch(console.warn);
    void navigate("/login");
  };
  const keepAll = async () => undefined;
  const dropAll = () => Promise.all(unsent.map(({ id }) => drop(id)));
  return (
    <>
      <Tooltip title={t("shell.sign_out")}>
        <Button
          type="text" icon={<LogoutOutlined />} aria-label={t("shell.sign_out")}
          onClick={() => (unsent.length > 0 ? setAsking(true) : void signOut(keepAll))}
        />
      </Tooltip>
      <Modal
        open={asking}
        title={t("unsent.on_phone", { count: unsent.length })}
        onCancel={() => setAsking(false)}
        destroyOnHidden
        width={440}
        footer={[
          <Button key="stay" onClick={() => setAsking(false)}>{t("unsent.stay")}</Button>,
          <Button key="drop" danger onClick={() => void signOut(dropAll)}>{t("unsent.sign_out_drop")}</Button>,
          <Button key="keep" type="primary" onClick={() => void signOut(keepAll)}>{t("unsent.sign_out_keep")}</Button>,
        ]}
      >
        <p>{t("unsent.sign_out_note")}</p>
      </Modal>
    </>
  );
}
