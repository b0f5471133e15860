CREATE TABLE "app"."invitations" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"email" text NOT NULL,
	"role" text NOT NULL,
	"token_hash" text NOT NULL,
	"invited_by_id" uuid NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"accepted_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"closed_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "invitations_pkey" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "invitations_role_known" CHECK ("app"."invitations"."role" in ('OWNER','ADMIN','MEMBER','VIEWER'))
);
--> statement-breakpoint
CREATE TABLE "app"."ownership_transfers" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"from_id" uuid NOT NULL,
	"to_id" uuid NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"closed_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ownership_transfers_pkey" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "app"."tenant_routes" DROP CONSTRAINT "tenant_routes_kind_known";--> statement-breakpoint
DROP INDEX "app"."members_tenant_id_created_at_id_idx";--> statement-breakpoint
ALTER TABLE "app"."members" ALTER COLUMN "user_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "app"."members" ADD COLUMN "left_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "app"."invitations" ADD CONSTRAINT "invitations_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."invitations" ADD CONSTRAINT "invitations_invited_by_id_fkey" FOREIGN KEY ("tenant_id","invited_by_id") REFERENCES "app"."members"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."ownership_transfers" ADD CONSTRAINT "ownership_transfers_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."ownership_transfers" ADD CONSTRAINT "ownership_transfers_from_id_fkey" FOREIGN KEY ("tenant_id","from_id") REFERENCES "app"."members"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."ownership_transfers" ADD CONSTRAINT "ownership_transfers_to_id_fkey" FOREIGN KEY ("tenant_id","to_id") REFERENCES "app"."members"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "invitations_one_open_an_address" ON "app"."invitations" USING btree ("tenant_id","email") WHERE "app"."invitations"."closed_at" is null;--> statement-breakpoint
CREATE INDEX "invitations_tenant_id_created_at_id_idx" ON "app"."invitations" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "invitations_tenant_id_token_hash_idx" ON "app"."invitations" USING btree ("tenant_id","token_hash");--> statement-breakpoint
CREATE INDEX "invitations_tenant_id_invited_by_id_idx" ON "app"."invitations" USING btree ("tenant_id","invited_by_id");--> statement-breakpoint
CREATE INDEX "ownership_transfers_tenant_id_from_id_idx" ON "app"."ownership_transfers" USING btree ("tenant_id","from_id");--> statement-breakpoint
CREATE INDEX "ownership_transfers_tenant_id_to_id_idx" ON "app"."ownership_transfers" USING btree ("tenant_id","to_id");--> statement-breakpoint
CREATE INDEX "members_tenant_id_created_at_id_idx" ON "app"."members" USING btree ("tenant_id","created_at","id") WHERE "app"."members"."user_id" is not null;--> statement-breakpoint
ALTER TABLE "app"."tenant_routes" ADD CONSTRAINT "tenant_routes_kind_known" CHECK ("app"."tenant_routes"."kind" in ('SLUG','DOMAIN','PHONE_NUMBER_ID','API_KEY','INVITATION'));