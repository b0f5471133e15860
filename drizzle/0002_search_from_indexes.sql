CREATE TABLE "app"."product_words" (
	"tenant_id" uuid NOT NULL,
	"word" text NOT NULL,
	"product_id" uuid NOT NULL,
	CONSTRAINT "product_words_pkey" PRIMARY KEY("tenant_id","word","product_id"),
	CONSTRAINT "product_words_length" CHECK (length("app"."product_words"."word") between 3 and 40)
);
--> statement-breakpoint
DROP INDEX "app"."products_search_text_idx";--> statement-breakpoint
ALTER TABLE "app"."messages" ADD COLUMN "search_vector" "tsvector" GENERATED ALWAYS AS (app.message_search_vector(body)) STORED;--> statement-breakpoint
ALTER TABLE "app"."product_words" ADD CONSTRAINT "product_words_product_id_fkey" FOREIGN KEY ("tenant_id","product_id") REFERENCES "app"."products"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "product_words_word_idx" ON "app"."product_words" USING gin ("tenant_id","word" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "messages_tenant_id_created_at_id_idx" ON "app"."messages" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "messages_search_vector_idx" ON "app"."messages" USING gin ("tenant_id","search_vector");--> statement-breakpoint
ALTER TABLE "app"."products" DROP COLUMN "search_text";