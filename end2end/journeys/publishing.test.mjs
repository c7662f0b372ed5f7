// The provider's half of the market: a draft with faults, the preview, a review with comments, a refusal and an approval, a
// change with its difference, an offer that ends; in both languages, with script and without, by keyboard where it is typed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest } from "../walks/tour.mjs";

const fixture = kumoichi();
const TITLE = { en: "Reviewed servers", ja: "審査を受けるサーバー" };
const ASKED = { en: "How is this measured?", ja: "どのように測りますか" };
const REASON = { en: "Prices for storage are missing", ja: "ストレージの価格がありません" };
const ENDS = { en: "A new generation comes", ja: "新しい世代に替わります" };

for (const [language, script] of [["en", true], ["ja", false]]) {
  const wishes = { language, script, width: script ? 1280 : 360, refusals: true };
  test(`an offer is reviewed, changed and ended in ${language}, ${script ? "with" : "without"} script`, async () => {
    await fixture.visit(wishes, async (page) => {
      const provider = new Guest(page, wishes);
      await fixture.visit(wishes, (other) => reviewAll(new Guest(other, wishes)));
      await page.goto("/account/sign-in");
      await provider.signIn("provider", true);
      const own = await submitted(provider);
      await fixture.visit(wishes, (other) => refuse(new Guest(other, wishes)));
      await answer(provider, own);
      await fixture.visit(wishes, (other) => approve(new Guest(other, wishes)));
      await page.goto(own);
      await provider.stop("published-by-review", TITLE[language]);
      await change(provider, own);
      await end(provider, own);
      assert.deepEqual(provider.faults, []);
    });
  });
}

/** Sends the form of a button by keyboard. */
async function press(button) {
  await button.focus();
  await button.press("Enter");
}

async function enter(guest) {
  await guest.page.goto("/account/sign-in");
  await guest.signIn("broker", true);
}

/** The broker wants to see everything. */
async function reviewAll(guest) {
  const { page } = guest;
  await enter(guest);
  await page.goto("/desk/rules");
  await guest.stop("rules", guest.word("life_rules_title"));
  await guest.field("refusalDays").fill("99999");
  await page.locator("form.form").evaluate((form) => { form.noValidate = true; }).catch(() => {});
  if (guest.script) {
    await press(guest.button("life_rules_keep"));
    await page.locator("#field-refusalDays-error").waitFor();
    await guest.stop("rules-wrong", guest.word("life_rules_title"));
  }
  await guest.field("refusalDays").fill("0");
  await page.locator("[name=switches][value=reviewAll]").check();
  await press(guest.button("life_rules_keep"));
  await guest.text("life_rules_kept").waitFor();
  assert.deepEqual(guest.faults, []);
}

async function submitted(guest) {
  const { page, language } = guest;
  await page.goto("/provider/offers/new");
  await guest.field("name").fill(`reviewed${guest.suffix}`);
  await guest.field("title_en").fill(language === "en" ? TITLE.en : "");
  await guest.field("title_ja").fill(language === "ja" ? TITLE.ja : "");
  await guest.field("region").fill("jp-sendai-1");
  await guest.field("price").fill("98000");
  await guest.field("availability.service_uptime").fill("very high");
  await press(guest.button("portal_form_preview"));
  // The fault stands at its field, and what was typed is still there.
  const fault = page.locator("[id='field-availability.service_uptime-error']");
  await fault.waitFor();
  assert.equal(await guest.field("price").inputValue(), "98000");
  await guest.field("availability.service_uptime").fill("99.95 %");
  await press(guest.button("portal_form_preview"));
  await guest.stop("preview", guest.word("portal_preview_title"));
  await press(guest.button("portal_preview_publish"));
  await guest.text("life_became_submitted", { version: 1 }).waitFor();
  await guest.stop("submitted", TITLE[language]);
  return page.url().split("?")[0];
}

async function opened(guest) {
  const { page, language } = guest;
  await enter(guest);
  await page.goto("/desk");
  await page.getByRole("link", { name: guest.word("life_todo_all") }).click();
  await guest.stop("reviews", guest.word("life_reviews_title"));
  await page.getByRole("link", { name: TITLE[language], exact: true }).first().click();
}

/** The broker comments on the first item and refuses with a reason. */
async function refuse(guest) {
  const { page, language } = guest;
  await opened(guest);
  await guest.stop("review", TITLE[language]);
  await press(guest.button("life_begin"));
  await guest.text("life_begun").waitFor();
  await page.locator("select[name=pointer]").selectOption("/spec/items/0");
  await guest.field("text").fill(ASKED[language]);
  await press(guest.button("life_comment_send"));
  await page.locator(".talk").getByText(ASKED[language]).waitFor();
  await guest.field("reason").fill(REASON[language]);
  await press(guest.button("life_refuse"));
  await guest.text("life_refused_done").waitFor();
  await guest.stop("review-refused", TITLE[language]);
  assert.deepEqual(guest.faults, []);
}

/** The provider reads why, answers, and submits once more. */
async function answer(guest, own) {
  const { page, language } = guest;
  await page.goto("/inbox");
  const told = guest.word("life_inbox_refused", { title: TITLE[language], version: 1 });
  await page.getByRole("link", { name: told }).first().click();
  assert.equal(page.url().split("?")[0], own);
  await page.getByText(REASON[language]).first().waitFor();
  await guest.stop("refused", TITLE[language]);
  await page.locator(".talk summary").first().click();
  await page.locator(".talk textarea").first().fill("OK");
  await press(guest.button("life_answer_send"));
  await page.locator(".talk .answers").getByText("OK").waitFor();
  await press(page.locator("form[action$='/comments/settle'] button"));
  await guest.text("life_settled_done").waitFor();
  await press(guest.button("portal_offer_publish", { version: 1 }));
  await guest.text("life_became_submitted", { version: 1 }).waitFor();
}

async function approve(guest) {
  const { language } = guest;
  await opened(guest);
  await press(guest.button("life_approve"));
  await guest.text("life_approved").waitFor();
  await guest.stop("review-approved", TITLE[language]);
  assert.deepEqual(guest.faults, []);
}

/** A dearer version: its difference is shown, and the published one stays until somebody has looked. */
async function change(guest, own) {
  const { page, language } = guest;
  await page.goto(`${own}/edit?as=form`);
  await guest.field("price").fill("99000");
  await press(guest.button("portal_form_preview"));
  await press(guest.button("portal_preview_publish"));
  await guest.text("life_became_submitted", { version: 2 }).waitFor();
  const difference = `${guest.word("portal_list_version")} 2: ${guest.word("exchange_diff_title")}`;
  await page.locator("summary", { hasText: difference }).click();
  await guest.stop("changed", TITLE[language]);
  await press(guest.button("life_take_back", { version: 2 }));
  await guest.text("life_taken_back").waitFor();
}

async function end(guest, own) {
  const { page, language } = guest;
  await page.goto(`${own}/withdraw`);
  await guest.field("reason").fill(ENDS[language]);
  await guest.stop("end", guest.word("portal_withdraw_title", { name: TITLE[language] }));
  await press(guest.button("life_end"));
  await guest.text("life_announced").waitFor();
  await guest.stop("ending", TITLE[language]);
  await page.goto(`/market/offers/${own.split("/").pop()}`);
  await page.getByText(ENDS[language]).waitFor();
  await guest.stop("ending-public", TITLE[language]);
  await page.goto(own);
  await press(guest.button("life_stay"));
  await guest.text("life_stayed").waitFor();
}
